import type { MachineExit } from '@trapgate/vmm';
import { assemble, AssemblerError, type AssembledProgram } from '@trapgate/x86-assembler';
import { button, choice, h, hex, labelled } from '../elements';
import './assemble.css';
import { errorText } from '../error-text';
import { exitText } from '../machine-session';
import type { PanelContext, PanelView } from '../panel';
import { SourceEditor } from './editor';
import { examples } from './examples';
import { factsView } from './facts-view';
import { memoryView, registersView, type StudyState } from './state-view';
import { STEPS_KEPT, StudyMachine } from './study-machine';
import { codeBits, HANDLERS, MODES, ORIGIN, type StudyMode } from './study-setup';

const TYPING_PAUSE = 300;
const MEMORY_SHOWN = 128;
const STACK_SHOWN = 32;
const LONGEST_INSTRUCTION = 15;
const CODE_32_BIT = 0x4000;
const MOST_AT_ONCE = 1_000_000;
const number = new Intl.NumberFormat('en');

const plural = (count: number, what: string): string =>
  `${number.format(count)} ${what}${count === 1 ? '' : 's'}`;

class AssemblePanel {
  private readonly editor: SourceEditor;
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly error = h('p', { class: 'error', role: 'alert' });
  private readonly factsTitle = h('h3', {}, 'Next instruction');
  private readonly facts = h('div', { class: 'instruction-facts' });
  private readonly registers = h('div', {
    class: 'scroll',
    tabindex: 0,
    role: 'region',
    'aria-label': 'Registers',
  });
  private readonly memory = h('div', {
    class: 'scroll',
    tabindex: 0,
    role: 'region',
    'aria-label': 'Memory',
  });
  private readonly address = h('input', { type: 'text', value: hex(ORIGIN, 4), spellcheck: 'false' });
  private readonly atOnce = h('input', { type: 'number', value: 1, min: 1, max: MOST_AT_ONCE });
  private readonly mode: HTMLSelectElement;
  private machine: Promise<StudyMachine> | null = null;
  /** What is loaded; null: the source has changed since. */
  private program: AssembledProgram | null = null;
  private shownState: StudyState | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private readonly buttons = {
    step: button(
      'Step',
      () => this.command((machine) => this.forward(machine, () => machine.step(this.stepSize))),
      {
        class: 'primary',
      },
    ),
    back: button('Step back', () => this.command((machine) => this.back(machine))),
    run: button('Run to the end', () =>
      this.command((machine) => this.forward(machine, () => machine.run())),
    ),
    restart: button('Restart', () => this.restart()),
  };
  private readonly stop = button('Stop', () => void this.machine?.then((machine) => machine.stop()));

  constructor(
    root: HTMLElement,
    private readonly context: PanelContext,
  ) {
    const { fragment } = context;
    const example = examples.find(({ id }) => id === fragment.get('example')) ?? examples[0]!;
    const modes = MODES.map(([value]) => value);
    this.mode = choice(MODES, fragment.oneOf<StudyMode>('mode', modes, example.mode), (mode) => {
      fragment.set({ mode });
      this.changed();
    });
    const titles = examples.map(({ id, title }) => [id, title] as const);
    const exampleChoice = choice(titles, example.id, (id) => this.open(id));
    const holder = h('div', { class: 'editor' });
    const { step, back, run, restart } = this.buttons;
    root.append(
      h('h2', { class: 'sr-only' }, 'Assemble'),
      h(
        'div',
        { class: 'fields' },
        labelled('Example', exampleChoice),
        labelled('Starts in', this.mode),
        labelled('Instructions a step', this.atOnce),
      ),
      h('div', { class: 'bar' }, step, back, run, this.stop, restart),
      this.error,
      this.status,
      h(
        'div',
        { class: 'columns' },
        h('div', {}, h('h3', {}, 'Source'), holder, this.factsTitle, this.facts),
        h(
          'div',
          {},
          h('h3', {}, 'Registers'),
          this.registers,
          h('h3', {}, 'Memory'),
          labelled('Physical address (hexadecimal)', this.address),
          this.memory,
        ),
      ),
    );
    this.editor = new SourceEditor(
      holder,
      fragment.get('source') ?? example.source,
      () => this.changed(),
      (line) => this.showLine(line),
    );
    this.address.addEventListener('change', () => void this.show());
    this.setBusy(false);
    this.restart();
  }

  private open(id: string): void {
    const example = examples.find((each) => each.id === id)!;
    this.context.fragment.set({ example: id, mode: example.mode, source: null });
    this.mode.value = example.mode;
    this.editor.text = example.source;
    this.restart();
  }

  /** The source or the mode is another: checked when typing pauses, loaded by the next command. */
  private changed(): void {
    this.program = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const isExample = examples.some(({ source }) => source === this.editor.text);
      this.context.fragment.set({ source: isExample ? null : this.editor.text });
      if (!this.program) this.restart();
    }, TYPING_PAUSE);
  }

  private get modeNow(): StudyMode {
    return this.mode.value as StudyMode;
  }

  /** Assembles; errors appear at their places. */
  private assemble(): AssembledProgram | null {
    try {
      const program = assemble(this.editor.text, {
        bits: codeBits(this.modeNow),
        origin: ORIGIN,
        fileName: 'source',
      });
      this.editor.showErrors([]);
      return program;
    } catch (error) {
      if (!(error instanceof AssemblerError)) throw error;
      this.editor.showErrors(error.errors);
      const [first, ...others] = error.errors;
      const more = others.length > 0 ? ` (and ${others.length} more)` : '';
      this.error.textContent = first ? `Line ${first.line}: ${first.message}${more}` : errorText(error);
      return null;
    }
  }

  private async load(machine: StudyMachine): Promise<boolean> {
    const program = this.assemble();
    if (!program) return false;
    await machine.load(program.bytes, this.modeNow);
    this.program = program;
    this.shownState = undefined;
    return true;
  }

  private restart(): void {
    this.program = null;
    this.command(async () => {
      await this.show();
      this.status.textContent = 'At the start.';
    });
  }

  /**
   * One command at a time; loads first what is not loaded yet. An action sets the status line last: who reads there
   * that it is done can give the next command.
   */
  private command(action: (machine: StudyMachine) => Promise<void>): void {
    if (this.busy) return;
    this.setBusy(true);
    this.error.textContent = '';
    const perform = async (): Promise<void> => {
      this.machine ??= StudyMachine.create();
      const machine = await this.machine;
      if (this.program || (await this.load(machine))) await action(machine);
    };
    perform()
      .catch((error: unknown) => (this.error.textContent = errorText(error)))
      .finally(() => this.setBusy(false));
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    for (const each of Object.values(this.buttons)) each.setAttribute('aria-disabled', String(busy));
    this.stop.disabled = !busy;
  }

  private async forward(machine: StudyMachine, action: () => Promise<MachineExit>): Promise<void> {
    this.status.textContent = 'Running.';
    const exit = await action();
    const position = await machine.position();
    const faults = machine.faults.map(({ mnemonic, errorCode, eip, address }) => {
      const code = errorCode === undefined ? '' : `(${hex(errorCode, 1)})`;
      return `${mnemonic}${code} at ${hex(eip, 1)}h${address === undefined ? '' : `, address ${hex(address)}h`}`;
    });
    const parts = [`${plural(position, 'instruction')}.`];
    if (faults.length > 0) parts.push(`${faults.join('; ')}.`);
    if (exit.reason !== 'stepped') parts.push(exitText(exit));
    await this.show();
    this.status.textContent = parts.join(' ');
  }

  private get stepSize(): number {
    const size = Math.trunc(Number(this.atOnce.value));
    return size >= 1 && size <= MOST_AT_ONCE ? size : 1;
  }

  private async back(machine: StudyMachine): Promise<void> {
    const moved = await machine.back(this.stepSize);
    const position = await machine.position();
    const rest = moved === 0 ? ` The way back ends here: ${plural(STEPS_KEPT, 'step')} are kept.` : '';
    await this.show();
    this.status.textContent =
      position === 0 ? 'At the start.' : `Back at ${plural(position, 'instruction')}.${rest}`;
  }

  /** The facts of another line than the next one. */
  private showLine(line: number): void {
    const entry = this.program?.listing.find((each) => each.line === line && each.bytes.length > 0);
    if (!entry) return;
    this.factsTitle.textContent = `Instruction in line ${line}`;
    this.facts.replaceChildren(factsView(entry.bytes, entry.address, codeBits(this.modeNow)));
  }

  private async show(): Promise<void> {
    const machine = await this.machine;
    if (!machine || !this.program) return;
    const registers = await machine.registers();
    const { cs, ss } = registers.segments;
    const bits = cs.attributes & CODE_32_BIT ? 32 : 16;
    const stackBits = ss.attributes & CODE_32_BIT ? 32 : 16;
    const base = parseInt(this.address.value, 16);
    const memoryAddress = Number.isNaN(base) ? ORIGIN : base;
    const pointer = stackBits === 16 ? registers.esp & 0xffff : registers.esp;
    const stackAddress = (ss.base + pointer) >>> 0;
    const next = (cs.base + registers.eip) >>> 0;
    const now: StudyState = {
      registers,
      memoryAddress,
      memory: await machine.memory(memoryAddress, MEMORY_SHOWN),
      stackAddress,
      stack: await machine.linear(stackAddress, STACK_SHOWN),
    };
    const code = await machine.linear(next, LONGEST_INSTRUCTION);
    this.registers.replaceChildren(registersView(now, this.shownState, bits));
    this.memory.replaceChildren(memoryView(now, this.shownState));
    this.factsTitle.textContent = 'Next instruction';
    this.facts.replaceChildren(factsView(code, next, bits));
    if (next > HANDLERS && next <= HANDLERS + 0x20)
      this.facts.prepend(h('p', { class: 'note' }, 'Past the HLT of an exception handler.'));
    this.shownState = now;
    this.editor.markLine(
      this.program.listing.find(({ address, bytes }) => address === next && bytes.length > 0)?.line ?? null,
    );
  }
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  new AssemblePanel(root, context);
  return {};
}
