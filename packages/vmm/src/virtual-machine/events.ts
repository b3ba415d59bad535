import type { TranslationStatistics } from '@trapgate/binary-translator';
import type { MachineExit } from '../machine-exit';

/** An exception that was delivered to the guest (SDM vol. 3A, table 6-1). */
export interface FaultEvent {
  readonly vector: number;
  /** `#PF`, for example. */
  readonly mnemonic: string;
  /** Absent where the exception has none. */
  readonly errorCode?: number;
  /** Where the processor was: selector of CS, and EIP of the instruction that faulted or of the one after a trap. */
  readonly cs: number;
  readonly eip: number;
  /** Linear address of a page fault. */
  readonly address?: number;
}

/** An interrupt from outside the processor that was delivered to the guest. */
export interface InterruptEvent {
  readonly kind: 'external' | 'nmi';
  readonly vector: number;
  readonly cs: number;
  readonly eip: number;
}

/** What a virtual machine tells, by the type of the event. */
export interface VirtualMachineEvents {
  /** Bytes that the guest has sent, collected for up to about a millisecond. */
  serial: { readonly port: 0; readonly bytes: Uint8Array };
  fault: FaultEvent;
  interrupt: InterruptEvent;
  /** Hot code was translated (engine `wasm`): all counters of the translator so far. */
  translated: TranslationStatistics;
  /** The guest has executed HLT and waits for an interrupt. */
  halted: { readonly instructions: number };
  started: Record<string, never>;
  /** A run or step has ended. */
  stopped: MachineExit;
}

export type VirtualMachineEventName = keyof VirtualMachineEvents;

/** An event on its way to its listeners. */
export type AnyVirtualMachineEvent = {
  [Name in VirtualMachineEventName]: { readonly type: Name; readonly detail: VirtualMachineEvents[Name] };
}[VirtualMachineEventName];

type Listener = (detail: never) => void;

/** The listeners of one machine. An error in one of them reaches the host's handler of uncaught errors, nothing else. */
export class EventListeners {
  private readonly listeners = new Map<string, Set<Listener>>();

  /** Told when the first listener of a type comes or the last one goes. */
  constructor(private readonly changed: (types: readonly string[]) => void) {}

  get types(): readonly string[] {
    return [...this.listeners.keys()];
  }

  add(type: string, listener: Listener, signal?: AbortSignal): () => void {
    if (signal?.aborted) return () => {};
    // The same function may listen twice.
    const entry: Listener = (detail) => listener(detail);
    const set = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, set.add(entry));
    if (set.size === 1) this.changed(this.types);
    const remove = (): void => {
      signal?.removeEventListener('abort', remove);
      if (!set.delete(entry) || set.size > 0 || this.listeners.get(type) !== set) return;
      this.listeners.delete(type);
      this.changed(this.types);
    };
    signal?.addEventListener('abort', remove, { once: true });
    return remove;
  }

  dispatch({ type, detail }: AnyVirtualMachineEvent): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) {
      try {
        listener(detail as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
