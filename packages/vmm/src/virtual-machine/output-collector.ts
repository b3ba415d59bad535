import type { DeliveredEvent, SystemCall } from '@trapgate/cpu';
import { exceptionMnemonic } from '../report';
import type { AnyVirtualMachineEvent } from './events';

/** Events of one slice are collected up to this many; a guest that faults in an endless loop causes more. */
const MOST_EVENTS = 10_000;

/** Gathers what a machine has to tell during a slice of instructions, in order. */
export class OutputCollector {
  private types: ReadonlySet<string> = new Set();
  private events: AnyVirtualMachineEvent[] = [];
  private serial = new Uint8Array(256);
  private serialLength = 0;

  constructor(private readonly pass: (events: readonly AnyVirtualMachineEvent[]) => void) {}

  watch(types: readonly string[]): void {
    this.types = new Set(types);
  }

  watches(type: string): boolean {
    return this.types.has(type);
  }

  serialByte(byte: number): void {
    if (!this.types.has('serial')) return;
    if (this.serialLength === this.serial.length) {
      const larger = new Uint8Array(2 * this.serial.length);
      larger.set(this.serial);
      this.serial = larger;
    }
    this.serial[this.serialLength++] = byte;
  }

  delivered({ kind, vector, error, cs, eip, cr2 }: DeliveredEvent): void {
    if (kind !== 'exception') {
      if (this.types.has('interrupt')) this.add({ type: 'interrupt', detail: { kind, vector, cs, eip } });
    } else if (this.types.has('fault')) {
      const mnemonic = exceptionMnemonic(vector);
      const detail = {
        ...{ vector, mnemonic, cs, eip },
        ...(error < 0 ? {} : { errorCode: error }),
        ...(mnemonic === '#PF' ? { address: cr2 } : {}),
      };
      this.add({ type: 'fault', detail });
    }
  }

  systemCall({ kind, vector, eax, cs, eip }: SystemCall): void {
    const detail = { kind, ...(kind === 'int' ? { vector } : {}), eax, cs, eip };
    this.add({ type: 'systemCall', detail });
  }

  add(event: AnyVirtualMachineEvent): void {
    if (this.types.has(event.type) && this.events.length < MOST_EVENTS) this.events.push(event);
  }

  /** Hands on what has been gathered. */
  flush(): void {
    if (this.serialLength > 0) {
      const bytes = this.serial.slice(0, this.serialLength);
      this.serialLength = 0;
      this.events.push({ type: 'serial', detail: { port: 0, bytes } });
    }
    if (this.events.length === 0) return;
    const list = this.events;
    this.events = [];
    this.pass(list);
  }
}
