/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests exec: ends at once; with a last argument "wait" when something can be read from standard
 * input. */
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char byte;
  if (argc > 1 && strcmp(argv[argc - 1], "wait") == 0) return read(0, &byte, 1) < 0;
  return 0;
}
