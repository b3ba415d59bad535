import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock';
import { PortBus } from './port-bus';
import { RecordedLine } from './recorded-line.testing';
import { Uart16550, type Uart16550Needs } from './uart16550';

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

let clock: ManualClock;
let irq: RecordedLine;
let sent: number[];
let uart: Uart16550;

const make = (more: Partial<Uart16550Needs> = {}): Uart16550 =>
  new Uart16550({ clock, timers: clock.timers, irq, output: (byte) => sent.push(byte), ...more });
const set = (...pairs: [number, number][]): void =>
  pairs.forEach(([offset, value]) => uart.write(offset, value));
const get = (...offsets: number[]): number[] => offsets.map((offset) => uart.read(offset));
const receive = (...bytes: number[]): boolean[] => bytes.map((byte) => uart.receive(byte));

beforeEach(() => {
  clock = new ManualClock();
  irq = new RecordedLine();
  sent = [];
  uart = make();
});

describe('registers', () => {
  it('after reset', () => expect(get(IER, IIR, LCR, MCR, LSR, MSR)).toEqual([0, 0x01, 0, 0, 0x60, 0xb0]));

  it.each<[string, number, number, number]>([
    ['IER has four bits', IER, 0xff, 0x0f],
    ['LCR has eight', LCR, 0x7f, 0x7f],
    ['MCR has five', MCR, 0xff, 0x1f],
    ['scratch', SCR, 0xa5, 0xa5],
  ])('%s', (_name, offset, value, shown) => {
    set([offset, value]);
    expect(uart.read(offset)).toBe(shown);
  });

  it('has the divisor behind DLAB', () => {
    set([LCR, 0x83], [DATA, 0x01], [IER, 0x00], [LCR, 0x03]);
    expect([uart.baud, sent.length]).toEqual([115200, 0]);
    set([LCR, 0x83]);
    expect(get(DATA, IER)).toEqual([1, 0]);
  });

  it.each([
    [0x00, 0x01],
    [0x01, 0xc1],
    [0xe7, 0xc1],
    [0xe6, 0x01], // other bits count only together with the enable
  ])('FCR %x gives IIR %x: a 16550A', (fcr, iir) => {
    set([IIR, fcr]);
    expect(uart.read(IIR)).toBe(iir);
  });

  it('sits on the port bus', () => {
    const bus = new PortBus();
    uart.attach(bus, 0x3f8, 'COM1');
    bus.write(0x3ff, 1, 0x5a);
    bus.write(0x3f8, 1, 0x41);
    expect([bus.read(0x3ff, 1), sent]).toEqual([0x5a, [0x41]]);
  });
});

describe('transmitter', () => {
  it('interrupts when enabled, until IIR is read', () => {
    set([IER, 0x02]);
    expect(irq.level).toBe(true);
    expect(get(IIR, IIR)).toEqual([0x02, 0x01]);
    expect(irq.level).toBe(false);
  });

  it('interrupts again after a byte, with a new edge', () => {
    set([IER, 0x02], [DATA, 0x41]);
    expect([irq.rises, sent]).toEqual([2, [0x41]]);
    expect(get(LSR, IIR, IIR)).toEqual([0x60, 0x02, 0x01]);
  });

  it('interrupts again when disabled and enabled', () => {
    set([IER, 0x02]);
    get(IIR);
    set([IER, 0x02]);
    expect(irq.level).toBe(false);
    set([IER, 0x00], [IER, 0x02]);
    expect(get(IIR)).toEqual([0x02]);
  });

  it('is not acknowledged by IIR while another interrupt shows', () => {
    set([IER, 0x03]);
    receive(0x61);
    expect(get(IIR, DATA, IIR, IIR)).toEqual([0x04, 0x61, 0x02, 0x01]);
  });
});

describe('receiver', () => {
  it('without FIFOs holds one byte', () => {
    set([IER, 0x01]);
    expect(receive(0x61, 0x62)).toEqual([true, false]);
    expect(get(IIR, LSR, DATA, LSR, IIR)).toEqual([0x04, 0x61, 0x61, 0x60, 0x01]);
    expect(irq.level).toBe(false);
  });

  it('shows the last byte again when there is no new one', () => {
    receive(0x61);
    expect(get(DATA, DATA, LSR)).toEqual([0x61, 0x61, 0x60]);
  });

  it.each([
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ])('with FCR %x interrupts at %i bytes', (fcr, trigger) => {
    set([IIR, fcr], [IER, 0x01]);
    for (let i = 1; i < trigger; i++) receive(i);
    expect(irq.level).toBe(false);
    receive(trigger);
    expect(get(IIR)).toEqual([0xc4]);
    get(DATA);
    expect(irq.level).toBe(false);
  });

  it('interrupts below the trigger level after four character times', () => {
    set([LCR, 0x83], [DATA, 0x01], [LCR, 0x03], [IIR, 0xc1], [IER, 0x01]);
    receive(0x61);
    clock.advance(340_000);
    receive(0x62);
    clock.advance(340_000);
    expect(irq.level).toBe(false);
    clock.advance(10_000); // 4 * 10 bits at 115200 baud: 347 us
    expect(get(IIR, DATA, IIR)).toEqual([0xcc, 0x61, 0xc1]);
    clock.advance(350_000);
    expect(get(IIR, DATA, LSR)).toEqual([0xcc, 0x62, 0x60]);
    clock.advance(350_000);
    expect(irq.level).toBe(false);
  });

  it('says when there is room again', () => {
    let ready = 0;
    uart = make({ inputReady: () => ready++ });
    set([IIR, 0x01]);
    expect(receive(...Array.from({ length: 17 }, (_, i) => i)).filter((taken) => taken).length).toBe(16);
    expect([uart.canReceive(), ready]).toEqual([false, 0]);
    get(DATA);
    expect([uart.canReceive(), ready]).toEqual([true, 1]);
    get(DATA);
    expect(ready).toBe(1);
  });

  it('drops what it holds when the FIFOs are switched or cleared', () => {
    set([IIR, 0x01]);
    receive(1, 2);
    set([IIR, 0x03]);
    expect(get(LSR)).toEqual([0x60]);
    receive(1, 2);
    set([IIR, 0x00]);
    expect(get(LSR)).toEqual([0x60]);
  });

  it('reports a break', () => {
    set([IIR, 0x01], [IER, 0x05]);
    uart.receiveBreak();
    expect(get(IIR, LSR, LSR, DATA, LSR)).toEqual([0xc6, 0xf1, 0xe1, 0x00, 0x60]);
  });
});

describe('modem', () => {
  it('loops outputs back', () => {
    set([MCR, 0x1a]);
    expect(uart.read(MSR) & 0xf0).toBe(0x90);
    set([MCR, 0x15]);
    expect(uart.read(MSR) & 0xf0).toBe(0x60);
  });

  it('loops data back, and is deaf meanwhile', () => {
    set([MCR, 0x10], [DATA, 0x55]);
    expect([uart.canReceive(), sent]).toEqual([false, []]);
    expect(get(LSR, DATA)).toEqual([0x61, 0x55]);
    set([DATA, 1], [DATA, 2]);
    expect(get(LSR, DATA)).toEqual([0x63, 2]);
  });

  it('interrupts on changes, until MSR is read', () => {
    set([IER, 0x08]);
    uart.setModemInputs({ clearToSend: false, dataSetReady: true, ring: false, carrierDetect: true });
    expect(irq.level).toBe(true);
    expect(get(IIR, MSR, MSR, IIR)).toEqual([0x00, 0xa1, 0xa0, 0x01]);
  });

  it('reports a ring at its end', () => {
    const idle = { clearToSend: true, dataSetReady: true, ring: false, carrierDetect: true };
    uart.setModemInputs({ ...idle, ring: true });
    expect(get(MSR)).toEqual([0xf0]);
    uart.setModemInputs(idle);
    expect(get(MSR)).toEqual([0xb4]);
  });

  it('lets OUT2 gate the interrupt on boards that do', () => {
    uart = make({ out2GatesInterrupt: true });
    set([IER, 0x02]);
    expect(irq.level).toBe(false);
    set([MCR, 0x08]);
    expect(irq.level).toBe(true);
  });
});

it('restores a saved state, bytes and timeout included', () => {
  set([IIR, 0xc1], [IER, 0x01], [SCR, 0x77]);
  receive(0x61, 0x62);
  const saved = uart.saveState();
  uart = make();
  uart.restoreState(saved);
  expect(uart.saveState()).toEqual(saved);
  clock.advance(10e6);
  expect(get(IIR, DATA, DATA, SCR)).toEqual([0xcc, 0x61, 0x62, 0x77]);
});
