/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests exec: does nothing, quickly. */
int main(void) { return 0; }
