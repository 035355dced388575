/* SPDX-License-Identifier: Apache-2.0 */
/* crowd: many processes alive at once that look alike, as a user makes them who wants to hide one, or a
 * program that has gone mad. Prints "up" when all run, and ends them when its standard input ends. cc -O2 -o
 * crowd crowd.c
 *
 *   crowd COUNT PROGRAM [ARGUMENT...]
 *
 * Who started them has exited: they are left to this process, which is a subreaper. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

/* Forks them all into the group of its own, and exits. */
static int start(long count, char** command) {
  setpgid(0, 0);
  for (long n = 0; n < count; n++) {
    const pid_t pid = fork();
    if (pid < 0) {
      perror("crowd: fork");
      return 1;
    }
    if (pid == 0) {
      execve(command[0], command, environ);
      _exit(1);
    }
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: crowd COUNT PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t group = fork();
  if (group == 0) _exit(start(atol(argv[1]), argv + 2));
  int status = 0;
  waitpid(group, &status, 0);
  puts(status == 0 ? "up" : "failed");
  fflush(stdout);
  while (getchar() != EOF) {
  }
  kill(-group, SIGKILL);
  while (wait(NULL) > 0 || errno == EINTR) {
  }
  return status != 0;
}
