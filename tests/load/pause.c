/* SPDX-License-Identifier: Apache-2.0 */
/* The least that lives: waits for a signal. x86-64 and arm64. cc -O2 -static -nostdlib -o node pause.c */
void _start(void) {
  for (;;) {
#if defined(__x86_64__)
    long result = 34; /* pause */
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long number __asm__("x8") = 73; /* ppoll without anything to wait for, and without an end */
    register long a __asm__("x0") = 0, b __asm__("x1") = 0, c __asm__("x2") = 0, d __asm__("x3") = 0;
    __asm__ volatile("svc 0" : "+r"(a) : "r"(number), "r"(b), "r"(c), "r"(d) : "memory");
#endif
  }
}
