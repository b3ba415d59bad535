/* A system call that does nearly nothing. */
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"

uint32_t run_getppid(void) {
  const long parent = getppid();
  uint32_t right = 0;
  for (int i = 0; i < 400000; i++) right += syscall(SYS_getppid) == parent;
  return right;
}
