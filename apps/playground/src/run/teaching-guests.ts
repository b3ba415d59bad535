/** A small kernel that shows one thing; its source is `guests/examples/ID.asm`. */
export interface TeachingGuest {
  readonly id: string;
  readonly title: string;
  /** What to look at, in a sentence or two. */
  readonly note: string;
}

export const TEACHING_GUESTS: readonly TeachingGuest[] = [
  {
    id: 'hello',
    title: 'Hello: the least that a kernel can do',
    note: 'Asks the processor for its name (CPUID) and sends it to the serial port.',
  },
  {
    id: 'ticks',
    title: 'Timer interrupts',
    note: 'The 8254 interrupts 100 times a second; in between the processor is halted. Look at the interrupts in Events.',
  },
  {
    id: 'demand-paging',
    title: 'Demand paging',
    note: 'Each first access to a page faults, and the handler maps the page. Look at the page faults in Memory.',
  },
  {
    id: 'privilege',
    title: 'Privilege levels',
    note: 'A program at CPL 3 makes system calls by INT 80h, then tries CLI, which is privileged.',
  },
  {
    id: 'processes',
    title: 'Two processes',
    note: 'A timer interrupt switches between two processes, each with its own memory at linear address 400000h.',
  },
];

const sources = import.meta.glob<string>('../../../../guests/examples/**/*.asm', {
  query: '?raw',
  import: 'default',
});
const FOLDER = '../../../../guests/examples/';

/** The source of an example, and of what it includes, by their names. */
export async function teachingSources(id: string): Promise<ReadonlyMap<string, string>> {
  const names = [`${id}.asm`, 'include/start.asm'];
  const texts = await Promise.all(names.map((name) => sources[FOLDER + name]!()));
  return new Map(names.map((name, n) => [name, texts[n]!]));
}

/** Assembles an example into a Multiboot image. */
export async function teachingImage(id: string): Promise<Uint8Array> {
  const [{ assemble }, files] = await Promise.all([import('@trapgate/x86-assembler'), teachingSources(id)]);
  const main = `${id}.asm`;
  return assemble(files.get(main)!, { fileName: main, files: (name) => files.get(name)! }).bytes;
}
