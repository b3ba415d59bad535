/*
 * Runs instructions on this machine's processor, in 32-bit user mode, and writes what they did.
 *
 *   gcc -m32 -O1 -fno-stack-protector -static -no-pie -Wl,-Ttext-segment=0x20000000 -o recorder recorder.c
 *   ./recorder CASES RESULTS
 *
 * CASES holds struct test records; RESULTS gets struct result records, each followed by its changed bytes. A case ends
 * at the first exception: normally the INT3 that fills the code pages around it. See protocol.ts for the memory map.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE = 0x400000, CODE_BYTES = 0x2000, DATA = 0x500000, DATA_BYTES = 0x4000, FIXED = 0x505000, FIXED_BYTES = 0x1000 };
enum { LDT_CODE16 = 0x07, LDT_DATA16 = 0x0f, LDT_SMALL = 0x17 };
enum { MODE_16 = 1 };

struct test {
  uint32_t gpr[8], eflags, eip;
  uint8_t mode, codeLength, pad[2];
  uint8_t code[80];
  uint32_t patchAddress[2];
  uint8_t patch[2][16];
};
struct result {
  uint32_t gpr[8], eflags, eip, trap, error, cr2;
  uint16_t selectors[6]; /* es cs ss ds fs gs */
  uint32_t changes;
};

static struct test *tests;
static unsigned count, current, lastAlarm = ~0u;
static uint8_t image[DATA_BYTES];
static ucontext_t home;
static int started;
static uint8_t *out;
static size_t outAt, total;
static int outFile;
enum { OUT_BYTES = 1 << 20 };

static const int order[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};

static void flush(void) {
  if (write(outFile, out, outAt) != (ssize_t)outAt) _exit(9);
  total += outAt, outAt = 0;
}

static void emit(const void *bytes, size_t length) {
  if (outAt + length > OUT_BYTES) flush();
  memcpy(out + outAt, bytes, length);
  outAt += length;
}

/* The reproducible contents of the data pages: noise in the first half, zeros in the second. */
static void fillImage(uint8_t *at, unsigned bytes) {
  uint32_t x = 0x12345678;
  for (unsigned i = 0; i < bytes; i++) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    at[i] = i < bytes / 2 ? x >> 24 : 0;
  }
}

static void apply(const struct test *t, uint8_t *memory) {
  for (int n = 0; n < 2; n++)
    for (int i = 0; i < 16; i++) {
      uint32_t at = t->patchAddress[n] + i - DATA;
      if (at < DATA_BYTES) memory[at] = t->patch[n][i];
    }
}

static void load(ucontext_t *c) {
  const struct test *t = &tests[current];
  greg_t *g = c->uc_mcontext.gregs;
  memset((void *)CODE, 0xcc, CODE_BYTES);
  memcpy((void *)(CODE + t->eip % CODE_BYTES), t->code, t->codeLength);
  memcpy((void *)DATA, image, DATA_BYTES);
  apply(t, (uint8_t *)DATA);
  for (int n = 0; n < 8; n++) g[order[n]] = t->gpr[n];
  g[REG_UESP] = t->gpr[4];
  g[REG_EFL] = t->eflags | 0x202;
  g[REG_EIP] = t->mode == MODE_16 ? t->eip % CODE_BYTES : t->eip;
  g[REG_CS] = t->mode == MODE_16 ? LDT_CODE16 : 0x23;
  g[REG_SS] = g[REG_DS] = g[REG_ES] = t->mode == MODE_16 ? LDT_DATA16 : 0x2b;
  g[REG_FS] = LDT_SMALL;
  g[REG_GS] = home.uc_mcontext.gregs[REG_GS];
}

static void record(const ucontext_t *c, uint32_t trap) {
  const greg_t *g = c->uc_mcontext.gregs;
  const struct test *t = &tests[current];
  struct result r;
  memset(&r, 0, sizeof r);
  static uint8_t expected[DATA_BYTES];
  for (int n = 0; n < 8; n++) r.gpr[n] = g[order[n]];
  r.gpr[4] = g[REG_UESP];
  r.eflags = g[REG_EFL], r.eip = g[REG_EIP], r.trap = trap, r.error = g[REG_ERR], r.cr2 = c->uc_mcontext.cr2;
  const int segments[6] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
  for (int n = 0; n < 6; n++) r.selectors[n] = g[segments[n]];
  memcpy(expected, image, DATA_BYTES);
  apply(t, expected);
  const uint8_t *now = (const uint8_t *)DATA;
  for (unsigned i = 0; i < DATA_BYTES; i++) r.changes += now[i] != expected[i];
  emit(&r, sizeof r);
  for (unsigned i = 0; i < DATA_BYTES && r.changes; i++)
    if (now[i] != expected[i]) {
      uint32_t change[2] = {DATA + i, now[i]};
      emit(change, sizeof change);
    }
}

static void onSignal(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  (void)info;
  if (started == 2) return;
  /* A case may have changed GS, which the C library needs. */
  static uint32_t threadSegment;
  if (!started) __asm__ volatile("movl %%gs, %0" : "=r"(threadSegment));
  __asm__ volatile("movl %0, %%gs" : : "r"(threadSegment));
  /* NT, AC and ID stay as they are at the return from here. */
  __asm__ volatile("pushfl; andl $~0x244000, (%esp); popfl");
  if (!started) {
    started = 1;
    home = *c;
  } else {
    if (signal == SIGALRM && lastAlarm != current) {
      lastAlarm = current;
      return;
    }
    record(c, signal == SIGALRM ? 99 : (uint32_t)c->uc_mcontext.gregs[REG_TRAPNO]);
    current++;
  }
  if (current < count) load(c);
  else {
    memcpy(c->uc_mcontext.gregs, home.uc_mcontext.gregs, sizeof home.uc_mcontext.gregs);
    started = 2;
  }
}

static void map(uint32_t at, uint32_t bytes, int protection) {
  void *p = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
  if (p != (void *)at) exit(3);
}

/* The local descriptor table; hardware-vectors.ts has the same one. */
static void segments(void) {
  enum { DATA_UP, DATA_DOWN, CODE_PLAIN };
  static const struct user_desc table[] = {
      {.base_addr = CODE, .limit = 0xffff, .contents = CODE_PLAIN},
      {.base_addr = DATA, .limit = 0xffff, .contents = DATA_UP},
      {.base_addr = DATA + 0x800, .limit = 0x7ff, .seg_32bit = 1, .contents = DATA_UP},
      {.base_addr = DATA, .limit = 0x3fff, .seg_32bit = 1, .contents = DATA_UP, .read_exec_only = 1},
      {.base_addr = CODE, .limit = 0x1fff, .seg_32bit = 1, .contents = CODE_PLAIN, .read_exec_only = 1},
      {.base_addr = CODE, .limit = 0x1fff, .seg_32bit = 1, .contents = CODE_PLAIN},
      {.base_addr = DATA, .limit = 0xffff, .seg_32bit = 1, .contents = DATA_UP, .seg_not_present = 1},
      {.base_addr = DATA, .limit = 0xfff, .seg_32bit = 1, .contents = DATA_DOWN},
      {.base_addr = DATA, .limit = 0xfff, .contents = DATA_DOWN},
      {.base_addr = CODE, .limit = 0xffff, .seg_32bit = 1, .contents = CODE_PLAIN, .seg_not_present = 1},
      {.base_addr = 0, .limit = 0xfffff, .seg_32bit = 1, .contents = CODE_PLAIN, .limit_in_pages = 1},
  };
  for (unsigned n = 0; n < sizeof table / sizeof *table; n++) {
    struct user_desc d = table[n];
    d.entry_number = n;
    if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0) exit(4);
  }
}

static void *readFile(const char *name, size_t *bytes) {
  FILE *f = fopen(name, "rb");
  if (!f) exit(2);
  fseek(f, 0, SEEK_END);
  *bytes = ftell(f);
  rewind(f);
  void *p = malloc(*bytes + 1);
  if (fread(p, 1, *bytes, f) != *bytes) exit(2);
  fclose(f);
  return p;
}

int main(int argc, char **argv) {
  static const int signals[] = {SIGUSR1, SIGTRAP, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGALRM, SIGSYS};
  size_t bytes;
  if (argc != 3) return 1;
  tests = readFile(argv[1], &bytes);
  count = bytes / sizeof *tests;
  out = malloc(OUT_BYTES);
  outFile = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (outFile < 0) return 5;
  fillImage(image, DATA_BYTES);
  map(CODE, CODE_BYTES, 7);
  map(DATA, DATA_BYTES, 3);
  map(FIXED, FIXED_BYTES, 3);
  memset((void *)FIXED, 0x5a, FIXED_BYTES);
  mprotect((void *)FIXED, FIXED_BYTES, PROT_READ);
  segments();
  stack_t alternate = {.ss_sp = malloc(1 << 18), .ss_size = 1 << 18};
  sigaltstack(&alternate, 0);
  for (unsigned n = 0; n < sizeof signals / sizeof *signals; n++) {
    struct sigaction action = {.sa_sigaction = onSignal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaddset(&action.sa_mask, SIGALRM);
    sigaction(signals[n], &action, 0);
  }
  struct itimerval timer = {{0, 50000}, {0, 50000}};
  setitimer(ITIMER_REAL, &timer, 0);
  raise(SIGUSR1);
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, 0);
  flush();
  printf("%u cases, %zu bytes\n", current, total);
  return 0;
}
