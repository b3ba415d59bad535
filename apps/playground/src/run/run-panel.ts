import { button, h, saveFile } from '../elements';
import { errorText } from '../error-text';
import type { Guest, MachineSession } from '../machine-session';
import type { PanelContext, PanelView } from '../panel';
import type { ConsoleView } from './console-view';
import { guestOfFiles } from './dropped-files';
import { GuestChoice } from './guest-choice';
import './run.css';
import { RunSettings } from './run-settings';

const STATISTICS_PERIOD = 500;
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** A button that is a file dialogue. */
function fileButton(text: string, multiple: boolean, chosen: (files: File[]) => void): HTMLElement {
  const input = h('input', { type: 'file', multiple, hidden: true, 'aria-label': text });
  input.addEventListener('change', () => {
    chosen([...(input.files ?? [])]);
    input.value = '';
  });
  return h(
    'span',
    {},
    button(text, () => input.click()),
    input,
  );
}

class RunPanel implements PanelView {
  private readonly session: MachineSession;
  private readonly settings: RunSettings;
  private readonly choice: GuestChoice;
  /** The settings that the machine was made with. */
  private made = '';
  private console: Promise<ConsoleView>;
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly error = h('p', { class: 'error', role: 'alert' });
  private readonly counters = h('p', { class: 'note counters' });
  private readonly screen = h('div', { class: 'console' });
  private readonly buttons = {
    start: button('Start', () => this.attempt(() => this.start()), { class: 'primary' }),
    pause: button('Pause', () => this.attempt(() => this.session.pause())),
    step: button('Step', () => this.attempt(() => this.step())),
    reset: button('Reset', () => this.attempt(() => this.session.reset())),
    again: button('New machine', () => this.attempt(() => this.startNew())),
    save: button('Save snapshot', () => this.attempt(() => this.save())),
    link: button('Copy link', () => this.attempt(() => this.copyLink())),
  };

  constructor(root: HTMLElement, { session, fragment }: PanelContext) {
    this.session = session;
    this.settings = new RunSettings(fragment, (limit) =>
      this.attempt(async () => session.machine?.setSpeedLimit(limit)),
    );
    this.choice = new GuestChoice(fragment, (guest) => this.attempt(() => this.chosen(guest)));
    this.choice.field.classList.add('guest');
    this.settings.element.prepend(this.choice.field);
    const { start, pause, step, reset, again, save, link } = this.buttons;
    const files = fileButton('Open kernel, initramfs or snapshot', true, (list) => this.take(list));
    root.append(
      h('h2', { class: 'sr-only' }, 'Run'),
      this.settings.element,
      h('div', { class: 'bar' }, start, pause, step, reset, again),
      h('div', { class: 'bar' }, files, save, link),
      this.settings.pending,
      this.choice.note,
      this.choice.source,
      this.error,
      this.status,
      this.screen,
      h('p', { class: 'note' }, 'The console takes all keys but Escape followed by Tab, which leaves it.'),
      this.counters,
    );
    this.console = this.openConsole();
    this.acceptDrops(root);
    session.onState(() => this.showState());
    session.onMachine((machine) => void this.console.then((view) => view.connect(machine)));
    setInterval(() => void this.showCounters(), STATISTICS_PERIOD);
  }

  shown(): void {
    void this.showCounters();
  }

  private async openConsole(): Promise<ConsoleView> {
    const { ConsoleView } = await import('./console-view');
    const view = new ConsoleView(this.screen);
    // The one door for tests into the drawn console.
    Object.defineProperty(this.screen, 'consoleText', { get: () => view.text });
    return view;
  }

  /** Does something; what goes wrong becomes one line on the page. */
  private attempt(action: () => Promise<unknown>): void {
    this.error.textContent = '';
    action().catch((error: unknown) => (this.error.textContent = errorText(error)));
  }

  private async create(): Promise<void> {
    await this.console;
    this.made = this.settings.ofMachine;
    await this.session.create({ ...this.settings.values, guest: this.choice.guest });
  }

  private async start(): Promise<void> {
    if (!this.session.machine) await this.create();
    (await this.console).focus();
    await this.session.run();
  }

  private async startNew(): Promise<void> {
    await this.create();
    await this.start();
  }

  private async step(): Promise<void> {
    if (!this.session.machine) await this.create();
    await this.session.step();
    const { machine } = this.session;
    if (!machine) return;
    const registers = await machine.registers();
    const [next] = await machine.disassemble(registers.segments.cs.base + registers.eip);
    if (this.session.state === 'paused' && next)
      this.status.textContent = `Stepped. Next at ${next.address.toString(16)}h: ${next.text || next.error}`;
  }

  private async save(): Promise<void> {
    const bytes = await this.session.machine?.snapshot();
    if (bytes) saveFile('machine.trapgate', bytes as BlobPart);
  }

  private async choose(guest: Guest): Promise<void> {
    const before = this.choice.guest;
    this.choice.show(guest);
    try {
      await this.create();
    } catch (error) {
      this.choice.show(before);
      throw error;
    }
  }

  /** Another guest from the list: ready to be started. */
  private async chosen(guest: Guest): Promise<void> {
    if (this.session.machine) await this.choose(guest);
    else this.choice.show(guest);
  }

  private async copyLink(): Promise<void> {
    await navigator.clipboard.writeText(location.href);
    this.status.textContent = 'The link to this set-up has been copied.';
  }

  private take(files: readonly File[]): void {
    if (files.length === 0) return;
    this.attempt(async () => {
      const guest = await guestOfFiles(files, this.choice.guest);
      if (typeof guest === 'string') {
        this.error.textContent = guest;
        return;
      }
      await this.choose(guest);
      await this.start();
    });
  }

  private acceptDrops(root: HTMLElement): void {
    const mark = (over: boolean): boolean => root.classList.toggle('drop-target', over);
    root.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(true);
    });
    root.addEventListener('dragleave', () => mark(false));
    root.addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private showState(): void {
    const { state, text } = this.session;
    this.status.textContent = text;
    const { start, pause, step, reset, again, save } = this.buttons;
    const made = state === 'running' || state === 'paused' || state === 'ended';
    start.disabled = state === 'running' || state === 'starting';
    pause.disabled = state !== 'running';
    step.disabled = state === 'running' || state === 'starting';
    reset.disabled = save.disabled = !made;
    again.disabled = state === 'starting';
    void this.showCounters();
  }

  private async showCounters(): Promise<void> {
    const { machine, state } = this.session;
    if (!machine || (state !== 'running' && this.counters.textContent !== '' && state === 'none')) return;
    this.settings.showPending(this.made !== this.settings.ofMachine);
    const stats = await machine.stats().catch(() => null);
    if (!stats) return;
    const rate = stats.instructions / 1000 / Math.max(1, stats.runningMilliseconds);
    const translated = stats.translation
      ? ` ${number.format(stats.translation.regions)} regions translated.`
      : '';
    this.counters.textContent =
      `${number.format(stats.instructions)} instructions, ${number.format(rate)} million/s while executing; ` +
      `idle ${number.format(stats.idleMilliseconds / 1000)} s.${translated}`;
  }
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  return new RunPanel(root, context);
}
