/* SPDX-License-Identifier: Apache-2.0 */
/* The cheapest program there is to exec: no libc, ends at once. cc -O2 -static -nostdlib -o noop noop.c */
__attribute__((noreturn)) void _start(void) {
#if defined(__x86_64__)
  __asm__ volatile("syscall" ::"a"(60), "D"(0));
#elif defined(__aarch64__)
  register long number __asm__("x8") = 93;
  register long code __asm__("x0") = 0;
  __asm__ volatile("svc 0" ::"r"(number), "r"(code));
#else
#error "write exit(0) for this machine"
#endif
  __builtin_unreachable();
}
