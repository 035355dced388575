/* SPDX-License-Identifier: Apache-2.0 */
/* storm: process lifecycles (fork, exec, exit, wait) as fast as the machine makes them, each one countable:
 * the program gets the argument MARK-<worker>-<index>. Prints one line of JSON. cc -O2 -o storm storm.c
 *
 *   storm [-n COUNT] [-w WORKERS] PROGRAM MARK */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* 0 if the child ran and ended with 0. posix_spawn is vfork and exec. */
static int lifecycle(char* program, char* mark) {
  char* argv[] = {program, mark, NULL};
  pid_t pid;
  int status;
  if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0) return 1;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 1;
  return status != 0;
}

/* Fills times[] with the seconds of each lifecycle; the exit code of the worker. */
static int work(char* program, const char* mark, int worker, long count, float* times) {
  for (long i = 0; i < count; i++) {
    char name[256];
    snprintf(name, sizeof name, "%s-%d-%ld", mark, worker, i);
    const double begin = now();
    if (lifecycle(program, name) != 0) return 1;
    times[i] = (float)(now() - begin);
  }
  return 0;
}

static int ascending(const void* a, const void* b) {
  const float x = *(const float*)a, y = *(const float*)b;
  return (x > y) - (x < y);
}

static int usage(void) {
  fprintf(stderr, "usage: storm [-n COUNT] [-w WORKERS] PROGRAM MARK\n");
  return 2;
}

int main(int argc, char** argv) {
  long count = 20000, workers = 2;
  for (int option; (option = getopt(argc, argv, "n:w:")) != -1;) {
    if (option == 'n')
      count = atol(optarg);
    else if (option == 'w')
      workers = atol(optarg);
    else
      return usage();
  }
  if (argc - optind != 2 || workers < 1 || count < workers) return usage();
  const long each = count / workers, done = each * workers;
  float* times =
      mmap(NULL, (size_t)done * sizeof *times, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (times == MAP_FAILED) return perror("storm: mmap"), 1;

  const double begin = now();
  for (int worker = 0; worker < workers; worker++) {
    const pid_t pid = fork();
    if (pid < 0) return perror("storm: fork"), 1;
    if (pid == 0) _exit(work(argv[optind], argv[optind + 1], worker, each, times + worker * each));
  }
  int failed = 0, status;
  while (wait(&status) > 0) failed |= status != 0;
  const double seconds = now() - begin;
  if (failed) return fprintf(stderr, "storm: a lifecycle failed\n"), 1;

  qsort(times, (size_t)done, sizeof *times, ascending);
  printf("{\"lifecycles\": %ld, \"seconds\": %.4f, \"p50_us\": %.0f, \"p99_us\": %.0f}\n", done, seconds,
         times[done / 2] * 1e6, times[done * 99 / 100] * 1e6);
  return 0;
}
