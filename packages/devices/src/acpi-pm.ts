import type { Clock, TimerHandle, Timers } from './clock';
import { type AccessSize, byteRegistersAt, type PortBus, type PortDevice } from './port-bus';
import { requireVersion } from './saved-state';
import type { InterruptLine, Signal } from './wires';

/** CLK of the ACPI power management timer: 14.31818 MHz / 4. */
export const PM_TIMER_HZ = 3_579_545;

// ACPI Specification 6.x, section 4.8.3 "Fixed Hardware"; offsets as in the PIIX4.
const PM1_STATUS = 0x00;
const PM1_ENABLE = 0x02;
const PM1_CONTROL = 0x04;
const PM_TIMER = 0x08;
const GPE0_STATUS = 0x0c;
const GPE0_ENABLE = 0x0e;
const PORTS = 0x40;

const TIMER_CARRY = 0x0001;
const GLOBAL_LOCK = 0x0020;
const POWER_BUTTON = 0x0100;
const SLEEP_BUTTON = 0x0200;
const RTC_ALARM = 0x0400;
const WAKE = 0x8000;
const EVENTS = TIMER_CARRY | GLOBAL_LOCK | POWER_BUTTON | SLEEP_BUTTON | RTC_ALARM;
const STATUS_WRITABLE = EVENTS | 0x0010 | WAKE;

const SCI_ENABLE = 0x0001;
const SLEEP_TYPE_SHIFT = 10;
const SLEEP_ENABLE = 0x2000;
const CONTROL_WRITABLE = 0x1c03;

// PIIX4 "Advanced Power Management Control/Status Ports": a write to the first raises an SMI. Firmware would answer;
// here its answer to the two ACPI commands of the FADT is built in.
const SMI_COMMAND = 0xb2;

/** FADT, ACPI_ENABLE and ACPI_DISABLE: what switches to and from ACPI when written to the SMI command port. */
export const ACPI_ENABLE = 0xf1;

/** The command at port B2h that gives the power management back to the firmware. */
export const ACPI_DISABLE = 0xf0;

/** What the ACPI fixed hardware takes from its board. */
export interface AcpiPmNeeds {
  readonly clock: Clock;
  readonly timers: Timers;
  /** System control interrupt: level-triggered, IRQ 9. */
  readonly sci: InterruptLine;
  /** The guest has entered the sleep state `softOffType`. */
  readonly powerOff: Signal;
  /** SLP_TYP of S5, as the \_S5 package has it. Default 0, the PIIX4's. */
  readonly softOffType?: number;
  /** The guest has asked for another sleep state. Nothing sleeps: it wakes at once. */
  readonly sleep?: (type: number) => void;
  /** FADT flag TMR_VAL_EXT. Default 24. */
  readonly timerBits?: 24 | 32;
}

/** The saved ACPI fixed hardware. */
export interface AcpiPmState {
  readonly version: 1;
  readonly status: number;
  readonly enable: number;
  readonly control: number;
  readonly gpeStatus: number;
  readonly gpeEnable: number;
  readonly carries: number;
  readonly smi: readonly number[];
}

/** ACPI's fixed hardware: PM1 events and control, the power management timer, GPE0, and the SMI command port. */
export class AcpiPm implements PortDevice {
  readonly widestAccess = 4;
  readonly #needs: AcpiPmNeeds;
  readonly #halfPeriod: number;
  readonly #smi = new Uint8Array(2);
  #base: number | null = null;
  #status = 0;
  #enable = 0;
  #control = 0;
  #gpeStatus = 0;
  #gpeEnable = 0;
  /** How often the timer's highest bit had changed when the status was last right. */
  #carries = 0;
  #timer: TimerHandle | null = null;

  constructor(needs: AcpiPmNeeds) {
    this.#needs = needs;
    this.#halfPeriod = 2 ** ((needs.timerBits ?? 24) - 1);
  }

  /** The SMI command and status ports, B2h and B3h. The other registers appear with `moveTo`. */
  attach(bus: PortBus): void {
    const ports = {
      read: (offset: number) => this.#smi[offset]!,
      write: (offset: number, value: number) => this.#writeSmi(offset, value),
    };
    bus.map(SMI_COMMAND, 2, byteRegistersAt(SMI_COMMAND, ports), 'SMI command');
  }

  /**
   * Puts the 64 ports of the registers at `base`; null: nowhere. See Piix4Pm. A guest that chooses ports of another
   * chip gets no registers at all; hardware would answer twice.
   */
  moveTo(bus: PortBus, base: number | null): void {
    if (this.#base !== null) bus.unmap(this.#base);
    this.#base = base !== null && bus.isFree(base, PORTS) ? base : null;
    if (this.#base !== null) bus.map(this.#base, PORTS, this, 'ACPI power management');
  }

  readPort(port: number, size: AccessSize): number {
    return this.read(port - (this.#base ?? 0), size);
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.write(port - (this.#base ?? 0), size, value);
  }

  /** Little-endian value at an offset of the register block; the timer is read in one piece. */
  read(offset: number, size: AccessSize): number {
    const now = this.#needs.clock.now();
    this.#advance(now);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + this.#readByte(offset + i, now);
    return value;
  }

  write(offset: number, size: AccessSize, value: number): void {
    const now = this.#needs.clock.now();
    this.#advance(now);
    for (let i = 0; i < size; i++) this.#writeByte(offset + i, (value >>> (8 * i)) & 0xff);
    this.#drive(now);
  }

  /** The user asks the guest to shut down. */
  pressPowerButton(): void {
    this.#status |= POWER_BUTTON;
    this.#drive(this.#needs.clock.now());
  }

  /** A general-purpose event (0-15) happens. */
  raiseEvent(gpe: number): void {
    this.#gpeStatus |= 1 << (gpe & 15);
    this.#drive(this.#needs.clock.now());
  }

  saveState(): AcpiPmState {
    return {
      version: 1,
      status: this.#status,
      enable: this.#enable,
      control: this.#control,
      gpeStatus: this.#gpeStatus,
      gpeEnable: this.#gpeEnable,
      carries: this.#carries,
      smi: [...this.#smi],
    };
  }

  /** The clock must show the saved time already. @throws StateVersionError */
  restoreState(state: AcpiPmState): void {
    requireVersion('ACPI power management', state, 1);
    this.#status = state.status;
    this.#enable = state.enable;
    this.#control = state.control;
    this.#gpeStatus = state.gpeStatus;
    this.#gpeEnable = state.gpeEnable;
    this.#carries = state.carries;
    this.#smi.set(state.smi);
    this.#drive(this.#needs.clock.now());
  }

  #count(now: number): number {
    return Math.floor((now * PM_TIMER_HZ) / 1e9);
  }

  #readByte(offset: number, now: number): number {
    if (offset >= PM_TIMER && offset < PM_TIMER + 4) {
      return Math.floor((this.#count(now) % (2 * this.#halfPeriod)) / 2 ** (8 * (offset - PM_TIMER))) & 0xff;
    }
    return (this.#word(offset & ~1) >> (8 * (offset & 1))) & 0xff;
  }

  #word(offset: number): number {
    switch (offset) {
      case PM1_STATUS:
        return this.#status;
      case PM1_ENABLE:
        return this.#enable;
      case PM1_CONTROL:
        return this.#control;
      case GPE0_STATUS:
        return this.#gpeStatus;
      case GPE0_ENABLE:
        return this.#gpeEnable;
      default:
        return 0;
    }
  }

  #writeByte(offset: number, byte: number): void {
    const shift = 8 * (offset & 1);
    const value = byte << shift;
    const lane = 0xff << shift;
    switch (offset & ~1) {
      case PM1_STATUS:
        this.#status &= ~(value & STATUS_WRITABLE);
        break;
      case PM1_ENABLE:
        this.#enable = (this.#enable & ~lane) | (value & EVENTS);
        break;
      case PM1_CONTROL:
        this.#control = (this.#control & ~(lane & CONTROL_WRITABLE)) | (value & CONTROL_WRITABLE);
        if (value & SLEEP_ENABLE) this.#sleep((value >> SLEEP_TYPE_SHIFT) & 7);
        break;
      case GPE0_STATUS:
        this.#gpeStatus &= ~value;
        break;
      case GPE0_ENABLE:
        this.#gpeEnable = (this.#gpeEnable & ~lane) | value;
        break;
    }
  }

  #sleep(type: number): void {
    if (type === (this.#needs.softOffType ?? 0)) {
      this.#needs.powerOff();
    } else {
      this.#status |= WAKE;
      this.#needs.sleep?.(type);
    }
  }

  #writeSmi(offset: number, value: number): void {
    this.#smi[offset] = value;
    if (offset !== 0) return;
    if (value === ACPI_ENABLE) this.#control |= SCI_ENABLE;
    if (value === ACPI_DISABLE) this.#control &= ~SCI_ENABLE;
    this.#drive(this.#needs.clock.now());
  }

  /** The carry event: the highest bit of the timer has changed. */
  #advance(now: number): void {
    const carries = Math.floor(this.#count(now) / this.#halfPeriod);
    if (carries !== this.#carries) this.#status |= TIMER_CARRY;
    this.#carries = carries;
  }

  #drive(now: number): void {
    const events = (this.#status & this.#enable & EVENTS) | (this.#gpeStatus & this.#gpeEnable);
    this.#needs.sci.set((this.#control & SCI_ENABLE) !== 0 && events !== 0);
    this.#timer?.cancel();
    this.#timer = null;
    if ((this.#enable & ~this.#status & TIMER_CARRY) === 0) return;
    const next = (Math.floor(this.#count(now) / this.#halfPeriod) + 1) * this.#halfPeriod;
    let deadline = Math.ceil((next * 1e9) / PM_TIMER_HZ);
    if (this.#count(deadline) < next) deadline++;
    this.#timer = this.#needs.timers.at(deadline, () => {
      const fired = this.#needs.clock.now();
      this.#advance(fired);
      this.#drive(fired);
    });
  }
}
