/* Two processes that hand a number to and fro through two pipes: a switch of processes each time. */
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

static int pass(int from, int to, uint32_t *value, uint32_t step) {
  if (read(from, value, sizeof *value) != sizeof *value) return 0;
  *value += step;
  return write(to, value, sizeof *value) == sizeof *value;
}

uint32_t run_pipe(void) {
  int there[2], back[2];
  if (pipe(there) != 0 || pipe(back) != 0) fail("pipe");
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    uint32_t value;
    close(there[1]);
    while (pass(there[0], back[1], &value, 1)) continue;
    _exit(0);
  }
  uint32_t value = 0;
  if (write(there[1], &value, sizeof value) != sizeof value) fail("write");
  for (int i = 0; i < 5000; i++)
    if (!pass(back[0], there[1], &value, 3)) fail("pipe");
  close(there[1]);
  waitpid(child, NULL, 0);
  return value;
}
