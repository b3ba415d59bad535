import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { VirtualMachine } from '@trapgate/vmm';
import { themeColour } from '../theme';

/** Bytes that may wait for the terminal to draw them, before the guest has to. */
const BACKLOG = 64 * 1024;

function colours() {
  return {
    background: themeColour('console'),
    foreground: themeColour('console-text'),
    cursor: themeColour('console-text'),
    selectionBackground: themeColour('console-selection'),
  };
}

/** The guest's first serial port on a terminal. */
export class ConsoleView {
  private readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private machine: VirtualMachine | null = null;

  constructor(root: HTMLElement) {
    this.terminal = new Terminal({
      theme: colours(),
      fontSize: matchMedia('(max-width: 30rem)').matches ? 11 : 14,
      scrollback: 5000,
      fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    });
    this.terminal.loadAddon(this.fit);
    this.terminal.open(root);
    this.terminal.textarea?.setAttribute('aria-label', "The guest's console");
    // The console takes the Tab key for the guest; Escape first gives it back to the page.
    let leaving = false;
    this.terminal.attachCustomKeyEventHandler((event) => {
      if (event.key === 'Tab' && leaving) return false;
      if (event.type === 'keydown' && event.key !== 'Shift') leaving = event.key === 'Escape';
      return true;
    });
    this.terminal.onData((text) => void this.machine?.sendSerial(text).catch(() => {}));
    new ResizeObserver(() => this.resize()).observe(root);
    window.addEventListener('themechange', () => (this.terminal.options.theme = colours()));
    this.resize();
  }

  private resize(): void {
    if (this.terminal.element?.offsetParent) this.fit.fit();
  }

  focus(): void {
    this.terminal.focus();
  }

  /** Shows another machine. Its output is read as a stream, so that a guest cannot flood the page. */
  connect(machine: VirtualMachine): void {
    this.machine = machine;
    this.terminal.reset();
    void this.pump(machine.serial.readable.getReader(), machine);
  }

  private async pump(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    machine: VirtualMachine,
  ): Promise<void> {
    let waiting = 0;
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }) as const);
      if (done || !value || this.machine !== machine) return;
      waiting += value.length;
      const drawn = new Promise<void>((resolve) => {
        this.terminal.write(value, () => {
          waiting -= value.length;
          resolve();
        });
      });
      if (waiting > BACKLOG) await drawn;
    }
  }

  /** What is on the screen, for tests and for copying. */
  get text(): string {
    const { active } = this.terminal.buffer;
    const line = (n: number): string => active.getLine(n)?.translateToString(true) ?? '';
    return Array.from({ length: active.length }, (_, n) => line(n))
      .join('\n')
      .trimEnd();
  }
}
