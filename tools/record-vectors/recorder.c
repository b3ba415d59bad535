/*
 * Runs instructions on this machine's processor, in user mode, and writes what they did.
 *
 *   gcc -m32 -O1 -fno-stack-protector -static -no-pie -Wl,-Ttext-segment=0x2b5d0000 -o recorder recorder.c
 *   ./recorder < CASES > RESULTS
 *
 * With -m64 it runs 64-bit code. CASES holds records of struct test, RESULTS of struct result, with what follows each
 * (protocol.ts). A case ends at its first exception: normally the INT3 that fills the code pages around it. The memory map
 * and the segments are those of packages/cpu/src/testing/hardware-places.ts.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
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
enum { SMALL_BASE = DATA + 0x800, FX_BYTES = 512, ENDLESS = 99 };

struct test {
  uint64_t gpr[16], rip;
  uint32_t flags;
  uint8_t bits, codeLength, hasFx, patches;
  uint8_t code[24];
  /* then: patches, each of a uint32_t address and length and its bytes; FX_BYTES of an FXSAVE image if hasFx */
};
struct result {
  uint64_t gpr[16], rip, cr2;
  uint32_t flags, trap, error, runs;
  uint16_t selectors[6], pad[2]; /* es cs ss ds fs gs */
  /* then: FX_BYTES if the case had them; changed runs of memory, each of a uint32_t address and length and its bytes */
};

static struct test test;
static uint8_t fx[FX_BYTES], image[DATA_BYTES], expected[DATA_BYTES], stack[1 << 17] __attribute__((aligned(64)));
static uint8_t in[1 << 16], out[1 << 16];
static size_t inAt, inEnd, outAt;
static uint8_t *writableCode;
static unsigned number, lastAlarm = ~0u;
static int started;
static uintptr_t stackAt, stackEnd;

static void flush(void) {
  for (size_t at = 0; at < outAt;) {
    ssize_t n = write(1, out + at, outAt - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(9);
    at += n;
  }
  outAt = 0;
}

static void emit(const void *bytes, size_t length) {
  if (outAt + length > sizeof out) flush();
  memcpy(out + outAt, bytes, length);
  outAt += length;
}

/* Reads exactly `length` bytes; 0 at the end of the cases. */
static int take(void *to, size_t length) {
  uint8_t *bytes = to;
  while (length > 0) {
    if (inAt == inEnd) {
      ssize_t n = read(0, in, sizeof in);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return 0;
      inAt = 0, inEnd = n;
    }
    size_t part = inEnd - inAt < length ? inEnd - inAt : length;
    memcpy(bytes, in + inAt, part);
    bytes += part, inAt += part, length -= part;
  }
  return 1;
}

/* The reproducible contents of the data pages: noise in the first half, zeros in the second. */
static void fillImage(void) {
  uint32_t x = 0x12345678;
  for (unsigned i = 0; i < DATA_BYTES; i++) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    image[i] = i < DATA_BYTES / 2 ? x >> 24 : 0;
  }
}

static void takePatches(void) {
  memcpy(expected, image, DATA_BYTES);
  for (int n = 0; n < test.patches; n++) {
    uint32_t head[2];
    static uint8_t bytes[1024];
    if (!take(head, sizeof head) || head[1] > sizeof bytes || !take(bytes, head[1])) _exit(8);
    for (uint32_t i = 0; i < head[1]; i++)
      if (head[0] + i - DATA < DATA_BYTES) expected[head[0] + i - DATA] = bytes[i];
  }
  memcpy((void *)DATA, expected, DATA_BYTES);
}

#ifdef __x86_64__
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
enum { REGISTERS = 16 };
static uint64_t threadBase;

static uint8_t *fxOf(ucontext_t *c) { return (uint8_t *)c->uc_mcontext.fpregs; }
static void loadLegacy(ucontext_t *c) { (void)c; }

static void loadSegments(ucontext_t *c) {
  c->uc_mcontext.gregs[REG_RIP] = test.rip;
  c->uc_mcontext.gregs[REG_CSGSFS] = 0x002b000000000033;
  __asm__ volatile("movw %w0, %%ds; movw %w0, %%es; movw %w0, %%gs; wrgsbase %q1" : : "r"(0), "r"((uint64_t)SMALL_BASE));
}
static void selectorsOf(const ucontext_t *c, uint16_t *s) {
  uint64_t packed = c->uc_mcontext.gregs[REG_CSGSFS];
  __asm__("movw %%es, %0" : "=r"(s[0]));
  __asm__("movw %%ds, %0" : "=r"(s[3]));
  __asm__("movw %%fs, %0" : "=r"(s[4]));
  __asm__("movw %%gs, %0" : "=r"(s[5]));
  s[1] = packed, s[2] = packed >> 48;
}
static uint64_t cr2Of(const ucontext_t *c) { return c->uc_mcontext.gregs[REG_CR2]; }
static uint64_t ripOf(const ucontext_t *c) { return c->uc_mcontext.gregs[REG_RIP]; }
/* A case may have changed FS, which the C library needs. */
static void enter(void) {
  if (started) __asm__ volatile("wrfsbase %0" : : "r"(threadBase));
  else __asm__ volatile("rdfsbase %0" : "=r"(threadBase));
  /* NT, AC and ID stay as they are on entry to a handler. */
  __asm__ volatile("pushfq; andq $~0x244000, (%%rsp); popfq" : : : "cc", "memory");
}
#else
static const int order[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
enum { REGISTERS = 8 };
static uint32_t threadSegment;

/* A 32-bit frame has an FSAVE image of 112 bytes in front of the FXSAVE image; the kernel loads the x87 state from there. */
enum { LEGACY_BYTES = 112 };
static uint8_t *fxOf(ucontext_t *c) { return (uint8_t *)c->uc_mcontext.fpregs + LEGACY_BYTES; }
static void loadLegacy(ucontext_t *c) {
  uint8_t *legacy = (uint8_t *)c->uc_mcontext.fpregs;
  uint32_t words[7] = {0xffff0000, 0xffff0000, 0xffff0000, 0, 0, 0, 0xffff0000};
  uint16_t opcode;
  memcpy(&words[0], fx, 2), memcpy(&words[1], fx + 2, 2), memcpy(&opcode, fx + 6, 2);
  for (int n = 0; n < 8; n++)
    if (fx[4] >> n & 1) words[2] &= ~(3u << 2 * n);
    else words[2] |= 3u << 2 * n;
  memcpy(&words[3], fx + 8, 4), memcpy(&words[5], fx + 16, 4);
  words[4] = (uint32_t)opcode << 16;
  memcpy(legacy, words, sizeof words);
  for (int n = 0; n < 8; n++) memcpy(legacy + 28 + 10 * n, fx + 32 + 16 * n, 10);
}

static void loadSegments(ucontext_t *c) {
  greg_t *g = c->uc_mcontext.gregs;
  int small = test.bits == 16;
  g[REG_UESP] = test.gpr[4];
  g[REG_EIP] = small ? (uint32_t)test.rip - CODE : test.rip;
  g[REG_CS] = small ? LDT_CODE16 : 0x23;
  g[REG_SS] = g[REG_DS] = g[REG_ES] = small ? LDT_DATA16 : 0x2b;
  g[REG_FS] = LDT_SMALL;
  g[REG_GS] = LDT_SMALL;
}
static void selectorsOf(const ucontext_t *c, uint16_t *s) {
  static const int segments[6] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
  for (int n = 0; n < 6; n++) s[n] = c->uc_mcontext.gregs[segments[n]];
}
static uint64_t cr2Of(const ucontext_t *c) { return (uint32_t)c->uc_mcontext.cr2; }
static uint64_t ripOf(const ucontext_t *c) { return (uint32_t)c->uc_mcontext.gregs[REG_EIP]; }
/* GS is the C library's. */
static void enter(void) {
  if (started) __asm__ volatile("movl %0, %%gs" : : "r"(threadSegment));
  else __asm__ volatile("movl %%gs, %0" : "=r"(threadSegment));
  __asm__ volatile("pushfl; andl $~0x244000, (%%esp); popfl" : : : "cc", "memory");
}
#endif

static void loadFx(ucontext_t *c) {
  uint8_t *to = fxOf(c);
  uint64_t components;
  memcpy(to, fx, 28);
  memcpy(to + 32, fx + 32, 416 - 32);
  loadLegacy(c);
  /* XSTATE_BV: x87 and SSE are not in their initial state. */
  memcpy(&components, to + FX_BYTES, 8);
  components |= 3;
  memcpy(to + FX_BYTES, &components, 8);
}

/* Prepares the next case; 0 if there is none. */
static int load(ucontext_t *c) {
  static uint8_t lastCode[sizeof test.code];
  static uint64_t lastRip;
  greg_t *g = c->uc_mcontext.gregs;
  if (!take(&test, sizeof test)) return 0;
  takePatches();
  if (test.hasFx && !take(fx, sizeof fx)) _exit(8);
  if (test.rip != lastRip || memcmp(lastCode, test.code, sizeof lastCode) != 0) {
    memset(writableCode, 0xcc, CODE_BYTES);
    memcpy(writableCode + (test.rip - CODE), test.code, test.codeLength);
    memcpy(lastCode, test.code, sizeof lastCode);
    lastRip = test.rip;
  }
  for (int n = 0; n < REGISTERS; n++) g[order[n]] = test.gpr[n];
  g[REG_EFL] = test.flags | 0x202;
  loadSegments(c);
  if (test.hasFx) loadFx(c);
  number++;
  return 1;
}

static void record(ucontext_t *c, uint32_t trap) {
  static struct result r;
  const greg_t *g = c->uc_mcontext.gregs;
  const uint8_t *now = (const uint8_t *)DATA;
  memset(&r, 0, sizeof r);
  for (int n = 0; n < REGISTERS; n++) r.gpr[n] = g[order[n]];
#ifndef __x86_64__
  for (int n = 0; n < REGISTERS; n++) r.gpr[n] &= 0xffffffff;
  r.gpr[4] = (uint32_t)g[REG_UESP];
#endif
  r.flags = g[REG_EFL], r.rip = ripOf(c), r.trap = trap, r.error = g[REG_ERR], r.cr2 = cr2Of(c);
  selectorsOf(c, r.selectors);
  struct { uint32_t address, length; } runs[64];
  for (uint32_t i = 0; i < DATA_BYTES; i++) {
    if (now[i] == expected[i]) continue;
    uint32_t end = i + 1;
    /* Runs absorb gaps of up to 16 bytes; the last one all that is left. */
    for (uint32_t last = end; end < DATA_BYTES && (end - last < 16 || r.runs == 63); end++)
      if (now[end] != expected[end]) last = end + 1;
    while (now[end - 1] == expected[end - 1]) end--;
    runs[r.runs].address = DATA + i, runs[r.runs++].length = end - i;
    i = end;
  }
  emit(&r, sizeof r);
  if (test.hasFx) emit(fxOf(c), FX_BYTES);
  for (uint32_t n = 0; n < r.runs; n++) {
    emit(&runs[n], sizeof runs[n]);
    emit((void *)(uintptr_t)runs[n].address, runs[n].length);
  }
}

static void onSignal(int signal, siginfo_t *info, void *context) {
  ucontext_t *c = context;
  (void)info;
  enter();
  if (started) {
    if (signal == SIGALRM && lastAlarm != number) {
      lastAlarm = number;
      return;
    }
    record(c, signal == SIGALRM ? ENDLESS : (uint32_t)c->uc_mcontext.gregs[REG_TRAPNO]);
  }
  /* The stack of main is not needed any more, and nothing that a case could meet. */
  if (!started) munmap((void *)stackAt, stackEnd - stackAt);
  started = 1;
  if (load(c)) return;
  flush();
  _exit(0);
}

static void map(uint32_t at, uint32_t bytes, int protection, int file) {
  int flags = MAP_FIXED | (file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE : MAP_SHARED);
  void *p = mmap((void *)(uintptr_t)at, bytes, protection, flags, file, 0);
  if (p != (void *)(uintptr_t)at) _exit(3);
}

/* Code can be read and executed, not written; the recorder writes it elsewhere. */
static void mapCode(void) {
  int file = memfd_create("code", 0);
  if (file < 0 || ftruncate(file, CODE_BYTES) != 0) _exit(3);
  map(CODE, CODE_BYTES, PROT_READ | PROT_EXEC, file);
  writableCode = mmap(0, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (writableCode == MAP_FAILED) _exit(3);
}

/* The local descriptor table. */
static void segments(void) {
  enum { DATA_UP, DATA_DOWN, CODE_PLAIN };
  static const struct user_desc table[] = {
      {.base_addr = CODE, .limit = 0xffff, .contents = CODE_PLAIN},
      {.base_addr = DATA, .limit = 0xffff, .contents = DATA_UP},
      {.base_addr = SMALL_BASE, .limit = 0x7ff, .seg_32bit = 1, .contents = DATA_UP},
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
    if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0) _exit(4);
  }
}

static void findStack(void) {
  char line[256];
  FILE *maps = fopen("/proc/self/maps", "r");
  unsigned long from, to;
  if (!maps) _exit(6);
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &from, &to) == 2) stackAt = from, stackEnd = to;
  fclose(maps);
}

int main(void) {
  static const int signals[] = {SIGUSR1, SIGTRAP, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGALRM, SIGSYS};
  fillImage();
  mapCode();
  map(DATA, DATA_BYTES, PROT_READ | PROT_WRITE, -1);
  map(FIXED, FIXED_BYTES, PROT_READ | PROT_WRITE, -1);
  memset((void *)FIXED, 0x5a, FIXED_BYTES);
  mprotect((void *)FIXED, FIXED_BYTES, PROT_READ);
  segments();
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, 0);
  for (unsigned n = 0; n < sizeof signals / sizeof *signals; n++) {
    struct sigaction action = {.sa_sigaction = onSignal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaddset(&action.sa_mask, SIGALRM);
    sigaction(signals[n], &action, 0);
  }
  struct itimerval timer = {{0, 50000}, {0, 50000}};
  setitimer(ITIMER_REAL, &timer, 0);
  findStack();
  raise(SIGUSR1);
  return 7;
}
