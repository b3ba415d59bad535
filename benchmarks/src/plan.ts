import { type Figures } from './report';

/** One row's measuring process: which script, with which arguments. */
export interface Subject {
  name: string;
  script: string;
  args: readonly string[];
}

/** Subjects that are run in turn, so that a change of the machine's speed meets all of them. */
export interface Measurement {
  name: string;
  title: string;
  subjects: readonly Subject[];
  /** The columns: what the medians of the figures say. */
  columns: readonly Column[];
  /** The bound that Trapgate's medians are to keep, `peers` being those of the other subjects. */
  goal?: { text: string; isKept(own: Figures, peers: readonly Figures[]): boolean };
  /** seconds for one run */
  timeout: number;
}

export interface Column {
  title: string;
  of(figures: Figures): string;
}

const mebibyte = 1024 * 1024;
const bootMemory = 256;

const rate = (figures: Figures) => figures['instructions']! / figures['seconds']! / 1e6;
const seconds: Column = { title: 'seconds', of: (figures) => figures['seconds']!.toFixed(2) };
const milliseconds: Column = { title: 'ms', of: (figures) => (figures['seconds']! * 1000).toFixed(0) };
const instructions: Column = {
  title: 'million instructions',
  of: (figures) => (figures['instructions']! / 1e6).toFixed(0),
};
const mips: Column = { title: 'million instructions/s', of: (figures) => rate(figures).toFixed(1) };
const memory: Column = {
  title: 'peak memory, MiB',
  of: (figures) => (figures['peakMemory']! / mebibyte).toFixed(0),
};

const decoderRatio = 3;
const decoderFigures = [32, 64].flatMap((bits) => [
  { title: `decoded, ${bits}-bit`, name: `decode${bits}` },
  { title: `Intel text, ${bits}-bit`, name: `intel${bits}` },
  { title: `AT&T text, ${bits}-bit`, name: `att${bits}` },
]);
const millions = (rate: number | undefined) => (rate === undefined ? '-' : (rate / 1e6).toFixed(2));

const bootSlowdown = 2;
const bootRate = 80;
const loopRate = 150;
const generationSeconds = 0.25;
const memoryBesideGuest = 250;

/** What `npm run bench` measures. Kernel and initramfs are files. */
export function plan(kernel: string, initramfs: string): Measurement[] {
  const boot = [kernel, initramfs, String(bootMemory)];
  return [
    {
      name: 'boot',
      title: `Debian's 686 kernel to /init, ${bootMemory} MiB`,
      subjects: [
        { name: 'trapgate', script: 'boot-trapgate', args: boot },
        { name: 'v86', script: 'boot-v86', args: boot },
        { name: 'trapgate-wasm', script: 'boot-trapgate', args: [...boot, 'wasm'] },
      ],
      columns: [seconds, instructions, mips, memory],
      goal: {
        text: `at most ${bootSlowdown} x v86's time, ${bootRate} million/s, guest RAM + ${memoryBesideGuest} MiB`,
        isKept: (own, [peer]) =>
          (peer === undefined || own['seconds']! <= bootSlowdown * peer['seconds']!) &&
          rate(own) >= bootRate &&
          own['peakMemory']! <= (bootMemory + memoryBesideGuest) * mebibyte,
      },
      timeout: 300,
    },
    {
      name: 'loop',
      title: 'An integer loop',
      subjects: [
        { name: 'trapgate', script: 'loop-trapgate', args: [] },
        { name: 'v86', script: 'loop-v86', args: [] },
        { name: 'trapgate-wasm', script: 'loop-trapgate', args: ['wasm'] },
      ],
      columns: [seconds, mips],
      goal: { text: `${loopRate} million/s`, isKept: (own) => rate(own) >= loopRate },
      timeout: 60,
    },
    {
      name: 'decoder',
      title: "Decoding and formatting busybox's 32- and 64-bit code, million instructions/s",
      subjects: [
        { name: 'trapgate', script: 'decoder-trapgate', args: [initramfs] },
        { name: 'iced-x86', script: 'decoder-iced', args: [initramfs] },
      ],
      columns: decoderFigures.map(({ title, name }) => ({ title, of: (figures) => millions(figures[name]) })),
      goal: {
        text: `at least ${decoderRatio} x iced-x86's in every column`,
        isKept: (own, [peer]) =>
          decoderFigures.every(({ name }) => (own[name] ?? 0) >= decoderRatio * (peer?.[name] ?? 0)),
      },
      timeout: 120,
    },
    {
      name: 'generation',
      title: 'Making the first machine (the interpreter is generated)',
      subjects: [{ name: 'trapgate', script: 'generation', args: [] }],
      columns: [milliseconds, memory],
      goal: {
        text: `at most ${generationSeconds * 1000} ms`,
        isKept: (own) => own['seconds']! <= generationSeconds,
      },
      timeout: 60,
    },
  ];
}
