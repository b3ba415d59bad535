import './translate.css';
import type { VirtualMachine } from '@trapgate/vmm';
import { button, choice, h, labelled } from '../elements';
import { errorText } from '../error-text';
import type { PanelContext, PanelView } from '../panel';
import { assembleExample, exampleMachine, exampleNames } from './example-machine';
import { guestCode } from './listing-view';
import { centre, longText, redraw, scrolling } from './redraw';
import { placeName, type Names } from './names';
import { blockGraph, unitGraph } from './unit-graphs';
import { UnitStore, type Unit } from './unit-store';
import { WatchedMachine, type MachineMoment } from './watched-machine';

const PROGRAMS = [
  ['isprime', 'isPrime, by itself'],
  ['machine', 'The machine of the Run panel'],
] as const;
type Program = (typeof PROGRAMS)[number][0];

const SPEEDS = [
  ['20000', '20,000 instructions a second'],
  ['200000', '200,000 instructions a second'],
  ['2000000', '2,000,000 instructions a second'],
  ['full', 'as fast as it goes'],
] as const;

const PERIOD = 400;
/** Between two drawings for new units. */
const PAUSE = 200;
const number = new Intl.NumberFormat('en');
const NO_NAMES: Names = new Map();

class TranslatePanel implements PanelView {
  private readonly store = new UnitStore();
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly counts = h('p', { class: 'note' });
  private readonly error = h('p', { class: 'error', role: 'alert' });
  private readonly hint = h('p', { class: 'note' });
  private readonly unitChoice = h('select', { onchange: () => this.choose(Number(this.unitChoice.value)) });
  private readonly follow = h('input', { type: 'checkbox', checked: true, onchange: () => this.draw() });
  private readonly guest = scrolling('Guest code');
  private readonly operations = scrolling('Operations', 'pre');
  private readonly wasm = scrolling('WebAssembly', 'pre');
  private readonly units = scrolling('Units and chains');
  private readonly blocks = scrolling('Blocks of the unit');
  private readonly runButton = button('Pause', () => void this.toggle(), { class: 'primary' });
  private readonly stepButton = button('Step', () => void this.step());
  private readonly restartButton = button('Restart', () => void this.restart());
  private readonly speedField: HTMLElement;
  private readonly speed: HTMLSelectElement;
  private readonly program = assembleExample();
  private opened: Program;
  private example: Promise<VirtualMachine> | null = null;
  private wantsToRun = true;
  private watched: WatchedMachine | null = null;
  private moment: MachineMoment | null = null;
  private chosen: number | null = null;
  private visible = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private scheduled = false;
  private drawing = false;
  private parts: (() => void)[] = [];

  constructor(
    root: HTMLElement,
    private readonly context: PanelContext,
  ) {
    const { fragment, session } = context;
    const programs = PROGRAMS.map(([value]) => value);
    this.opened = fragment.oneOf<Program>('program', programs, 'isprime');
    const programChoice = choice(PROGRAMS, this.opened, (value) => void this.openProgram(value as Program));
    this.speed = choice(SPEEDS, '200000', () => void this.applySpeed());
    this.speedField = labelled('Speed', this.speed);
    root.append(
      h('h2', {}, 'Hot guest code becomes WebAssembly, unit by unit'),
      h(
        'p',
        { class: 'note' },
        'A unit is the code of one page that branches reach from its entry. Where a unit leads straight into another, ' +
          'the two are chained: the interpreter between them is not needed.',
      ),
      h(
        'div',
        { class: 'fields' },
        labelled('Program', programChoice),
        this.speedField,
        labelled('Unit', this.unitChoice),
      ),
      h('div', { class: 'bar' }, this.runButton, this.stepButton, this.restartButton, this.followLabel()),
      this.error,
      this.status,
      this.counts,
      this.hint,
      h(
        'div',
        { class: 'translate-columns' },
        this.column('Guest code', this.guest),
        this.column('What it comes to: operations', this.operations),
        this.column('The same as WebAssembly', this.wasm),
      ),
      h(
        'div',
        { class: 'columns' },
        this.column('Units and chains', this.units),
        this.column('Blocks of the unit', this.blocks),
      ),
      legend(),
    );
    session.onMachine(() => {
      if (this.visible && this.opened === 'machine') void this.attach();
    });
  }

  private followLabel(): HTMLElement {
    return h('label', { class: 'check' }, this.follow, 'Follow the guest from unit to unit');
  }

  private column(title: string, content: HTMLElement): HTMLElement {
    return h('div', {}, h('h3', {}, title), content);
  }

  shown(): void {
    this.visible = true;
    this.timer = setInterval(() => void this.look(), PERIOD);
    void this.attach();
  }

  /** Out of sight, nothing is listened to, and the example waits. */
  hidden(): void {
    this.visible = false;
    clearInterval(this.timer);
    this.watched?.stop();
    this.watched = null;
    if (this.opened === 'isprime') void this.example?.then((machine) => machine.pause());
  }

  private async openProgram(program: Program): Promise<void> {
    this.context.fragment.set({ program: program === 'isprime' ? null : program });
    if (this.opened === 'isprime') await (await this.example)?.pause();
    this.opened = program;
    await this.attach();
  }

  private get names(): Names {
    return this.opened === 'isprime' ? exampleNames(this.program) : NO_NAMES;
  }

  /** Watches the machine chosen, from its present moment on. */
  private async attach(): Promise<void> {
    this.error.textContent = '';
    this.watched?.stop();
    this.watched = null;
    this.moment = null;
    this.chosen = null;
    this.store.clear();
    this.draw();
    try {
      const machine = await this.openMachine();
      if (!machine || !this.visible || this.watched) return;
      this.watched = new WatchedMachine(machine, this.store, () => this.schedule());
      if (this.opened === 'isprime' && this.wantsToRun) this.start(machine);
      await this.look();
    } catch (error) {
      this.error.textContent = errorText(error);
    }
  }

  private async openMachine(): Promise<VirtualMachine | null> {
    if (this.opened === 'machine') return this.context.session.machine;
    this.example ??= exampleMachine(this.program);
    const machine = await this.example;
    await machine.setSpeedLimit(this.speedLimit);
    return machine;
  }

  private get speedLimit(): number | null {
    return this.speed.value === 'full' ? null : Number(this.speed.value);
  }

  private async applySpeed(): Promise<void> {
    await (await this.example)?.setSpeedLimit(this.speedLimit);
  }

  private start(machine: VirtualMachine): void {
    if (machine.state === 'paused')
      machine.run().catch((error: unknown) => (this.error.textContent = errorText(error)));
  }

  private async toggle(): Promise<void> {
    const machine = await this.example;
    if (!machine || this.opened !== 'isprime') return;
    this.wantsToRun = !this.wantsToRun;
    if (this.wantsToRun) this.start(machine);
    else await machine.pause();
    await this.look();
  }

  private async step(): Promise<void> {
    const machine = await this.example;
    if (!machine || this.opened !== 'isprime') return;
    this.wantsToRun = false;
    await machine.pause();
    await machine.step();
    await this.look();
  }

  private async restart(): Promise<void> {
    const machine = await this.example;
    if (!machine) return;
    await machine.reset();
    this.store.clear();
    this.chosen = null;
    await this.look();
  }

  private async look(): Promise<void> {
    const { watched } = this;
    if (!watched || watched.machine.state === 'disposed' || document.hidden) return;
    const moment = await watched.moment().catch(() => null);
    if (watched !== this.watched || !moment) return;
    this.moment = moment;
    this.draw();
  }

  /** Many units may come at once. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      this.draw();
    }, PAUSE);
  }

  private choose(unit: number): void {
    this.chosen = unit;
    this.follow.checked = false;
    this.draw();
  }

  private get running(): Unit | undefined {
    const { physical } = this.moment ?? {};
    return physical === undefined ? undefined : this.store.at(physical);
  }

  private chosenUnit(): Unit | undefined {
    const { running } = this;
    if (this.follow.checked && running) this.chosen = running.region.number;
    const unit = this.chosen === null ? undefined : this.store.unit(this.chosen);
    const first = unit ?? this.store.inUse[0];
    this.chosen = first?.region.number ?? null;
    return first;
  }

  private draw(): void {
    if (!this.visible) return;
    const unit = this.chosenUnit();
    const isExample = this.opened === 'isprime';
    for (const each of [this.runButton, this.stepButton, this.restartButton, this.speedField])
      each.hidden = !isExample;
    this.runButton.textContent = this.wantsToRun ? 'Pause' : 'Run';
    this.drawCounts();
    this.hint.textContent = this.hintText(unit);
    this.hint.hidden = this.hint.textContent === '';
    this.drawChoice(unit);
    this.parts = this.drawings(unit);
    this.drawParts();
  }

  /** What is to be drawn of a unit. */
  private drawings(unit: Unit | undefined): (() => void)[] {
    const { names, store } = this;
    const eip = this.moment?.physical;
    const running = this.running?.region.number;
    const { region, dropped } = unit ?? {};
    const block = region?.blocks.findIndex(({ instructions }) =>
      instructions.some(({ address }) => address === eip),
    );
    const shown = store.units.map((each) => `${each.region.number}${each.dropped ?? ''}`).join();
    const graph = { names, running, choose: (chosen: number) => this.choose(chosen) };
    return [
      () =>
        redraw(this.guest, `${region?.number} ${dropped} ${eip}`, () =>
          unit ? guestCode(unit, names, eip) : '',
        ),
      () => redraw(this.operations, region?.number, () => longText(region?.operations)),
      () => redraw(this.wasm, region?.number, () => longText(region?.text)),
      () =>
        redraw(this.units, `${shown} ${region?.number} ${running}`, () =>
          unit ? unitGraph(store, unit, graph) : '',
        ),
      () =>
        redraw(this.blocks, `${region?.number} ${block}`, () => (unit ? blockGraph(unit, names, eip) : '')),
      () => centre(this.units, region?.number, '.selected'),
      () => centre(this.blocks, region?.number, '.running', '.node'),
    ];
  }

  /** Each part in a task of its own, so that the page stays free between them. */
  private drawParts(): void {
    if (this.drawing) return;
    this.drawing = true;
    const next = (): void => {
      const part = this.parts.shift();
      if (!part) {
        this.drawing = false;
        return;
      }
      part();
      setTimeout(next);
    };
    next();
  }

  private hintText(unit: Unit | undefined): string {
    if (unit?.dropped === 'written') return 'This unit has been dropped: its page of code was written to.';
    if (unit?.dropped) return 'This unit has been dropped with all others.';
    if (unit) return '';
    if (this.opened === 'machine' && !this.context.session.machine)
      return 'There is no machine yet: start one in the Run panel, with translation as its engine.';
    return 'No unit yet. Code is translated when it has been entered some 2,000 times; until then it is interpreted.';
  }

  private drawCounts(): void {
    const { units, instructions } = this.store.totals;
    const words = units === 1 ? 'unit' : 'units';
    this.status.textContent = `${number.format(units)} ${words} in use, made of ${number.format(instructions)} guest instructions.`;
    const { instructions: all = 0, translated = 0, chained = 0 } = this.moment ?? {};
    const share = all > 0 ? ((100 * translated) / all).toFixed(1) : '0';
    this.counts.textContent =
      `${number.format(all)} instructions executed, ${share} % of them in units; ` +
      `${number.format(chained)} times from one unit straight into another (chained).`;
  }

  private drawChoice(unit: Unit | undefined): void {
    const { names } = this;
    const rows = this.store.units.map(({ region, dropped }) => {
      const text = `${region.number}: ${placeName(region.address, names)}${dropped ? ' (dropped)' : ''}`;
      return [String(region.number), text] as const;
    });
    const key = rows.map(([, text]) => text).join();
    if (this.unitChoice.dataset['key'] !== key) {
      this.unitChoice.dataset['key'] = key;
      this.unitChoice.replaceChildren(...rows.map(([value, text]) => h('option', { value }, text)));
    }
    this.unitChoice.disabled = rows.length === 0;
    if (unit) this.unitChoice.value = String(unit.region.number);
  }
}

/** What the lines and frames of the graphs mean. */
function legend(): HTMLElement {
  const row = (kind: string, text: string): HTMLElement =>
    h('li', {}, h('span', { class: `line-sample ${kind}` }), text);
  return h(
    'ul',
    { class: 'legend' },
    row('next', 'straight on'),
    row('branch', 'branch taken'),
    row('jump', 'jump'),
    row('call', 'call'),
    h('li', {}, h('span', { class: 'frame-sample running' }), 'where the guest is'),
    h('li', {}, h('span', { class: 'frame-sample outside' }), 'outside, or not translated'),
  );
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  return new TranslatePanel(root, context);
}
