import { choice, h, labelled } from '../elements';
import type { Fragment } from '../fragment';
import type { MachineSettings } from '../machine-session';

const ENGINES = ['wasm', 'interp'] as const;
const SPEEDS = [
  ['0', 'as fast as it goes'],
  ['100000000', '100 million instructions/s'],
  ['10000000', '10 million instructions/s'],
  ['1000000', '1 million instructions/s'],
  ['10000', '10,000 instructions/s'],
] as const;
export const LEAST_MEMORY = 1;
export const MOST_MEMORY = 3072;

/** The fields of the Run panel; their values live in the address. */
export class RunSettings {
  readonly element: HTMLElement;
  readonly pending = h(
    'p',
    { class: 'note' },
    'The new settings are for the next machine: press New machine.',
  );

  constructor(
    private readonly fragment: Fragment,
    private readonly speedChanged: (limit: number | null) => void,
  ) {
    const memory = h('input', { type: 'number', min: LEAST_MEMORY, max: MOST_MEMORY, value: this.memoryMiB });
    const refresh = (): void => {
      memory.value = String(this.memoryMiB);
      commandLine.value = this.commandLine;
      engine.value = this.engine;
      speed.value = this.speed;
    };
    memory.addEventListener('change', () => fragment.set({ memory: memory.value }));
    const commandLine = h('input', { type: 'text', value: this.commandLine, spellcheck: 'false' });
    commandLine.addEventListener('change', () => fragment.set({ cmdline: commandLine.value || null }));
    const engines = [
      ['wasm', 'wasm: translates'],
      ['interp', 'interp: interprets'],
    ] as const;
    const engine = choice(engines, this.engine, (chosen) => fragment.set({ engine: chosen }));
    const speed = choice(SPEEDS, this.speed, (chosen) => this.setSpeed(chosen));
    fragment.onNavigation(() => {
      refresh();
      this.speedChanged(this.values.speedLimit);
    });
    this.pending.hidden = true;
    this.element = h(
      'div',
      { class: 'fields' },
      labelled('Engine', engine),
      labelled('Memory (MiB)', memory),
      labelled('Speed limit', speed),
      labelled('Command line', commandLine),
    );
  }

  private get engine(): 'interp' | 'wasm' {
    return this.fragment.oneOf('engine', ENGINES, 'wasm');
  }

  private get memoryMiB(): number {
    const text = this.fragment.get('memory');
    return text === null || text === '' ? 64 : Number(text);
  }

  private get commandLine(): string {
    return this.fragment.get('cmdline') ?? '';
  }

  private get speed(): string {
    return this.fragment.oneOf(
      'speed',
      SPEEDS.map(([value]) => value),
      '0',
    );
  }

  private setSpeed(speed: string): void {
    this.fragment.set({ speed: speed === '0' ? null : speed });
    this.speedChanged(this.values.speedLimit);
  }

  /** What another machine is needed for, to compare. */
  get ofMachine(): string {
    const { engine, memoryMiB, commandLine } = this;
    return JSON.stringify([engine, memoryMiB, commandLine]);
  }

  showPending(shown: boolean): void {
    this.pending.hidden = !shown;
  }

  get values(): Omit<MachineSettings, 'guest'> {
    const { engine, memoryMiB, commandLine, speed } = this;
    return { engine, memoryMiB, commandLine, speedLimit: speed === '0' ? null : Number(speed) };
  }
}
