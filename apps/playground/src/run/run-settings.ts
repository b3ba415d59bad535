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

  constructor(
    private readonly fragment: Fragment,
    private readonly speedChanged: (limit: number | null) => void,
  ) {
    const memory = h('input', { type: 'number', min: LEAST_MEMORY, max: MOST_MEMORY, value: this.memoryMiB });
    memory.addEventListener('change', () => fragment.set({ memory: memory.value }));
    const commandLine = h('input', { type: 'text', value: this.commandLine, spellcheck: 'false' });
    commandLine.addEventListener('change', () => fragment.set({ cmdline: commandLine.value || null }));
    const engines = [
      ['wasm', 'wasm: translate hot code'],
      ['interp', 'interp: only interpret'],
    ] as const;
    this.element = h(
      'div',
      { class: 'fields' },
      labelled(
        'Engine',
        choice(engines, this.engine, (engine) => fragment.set({ engine })),
      ),
      labelled('Memory (MiB)', memory),
      labelled(
        'Speed limit',
        choice(SPEEDS, this.speed, (speed) => this.setSpeed(speed)),
      ),
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

  get values(): Omit<MachineSettings, 'guest'> {
    const { engine, memoryMiB, commandLine, speed } = this;
    return { engine, memoryMiB, commandLine, speedLimit: speed === '0' ? null : Number(speed) };
  }
}
