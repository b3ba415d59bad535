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

/** A system call: a software interrupt (INT n), SYSENTER or SYSCALL. */
export interface SystemCallEvent {
  readonly kind: 'int' | 'sysenter' | 'syscall';
  /** Of a software interrupt alone. */
  readonly vector?: number;
  /** EAX, where most kernels want the number of the call. */
  readonly eax: number;
  /** Where the instruction is. */
  readonly cs: number;
  readonly eip: number;
}

/** A region of hot code that has been translated to WebAssembly: what is reached from its entry by branches within a page. */
export interface RegionEvent {
  /** Counts the regions of a machine, from 1 on. */
  readonly number: number;
  /** Physical address of its entry. */
  readonly address: number;
  /** Straight pieces of guest code; the first begins with the entry. */
  readonly blocks: readonly RegionBlock[];
  /** What the guest's instructions come to, as typed operations. */
  readonly operations: string;
  /** The same as WebAssembly, in its text format. */
  readonly text: string;
}

/** A basic block of a translated region: instructions that are executed one after another. */
export interface RegionBlock {
  /** Physical address. */
  readonly address: number;
  readonly instructions: readonly RegionInstruction[];
  readonly exits: readonly RegionExit[];
}

/** One instruction of guest code in a translated region. */
export interface RegionInstruction {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** In Intel syntax, with physical addresses for the targets of branches. */
  readonly text: string;
}

/**
 * A way out of a block: straight on, by a conditional branch that is taken, a jump, a call, or to where only running it
 * shows (returns, jumps through registers or memory, interrupts). `target` is a physical address; in another page than the
 * region's it holds if memory is mapped there as here. It may be a block of the same region, or another region's entry.
 */
export interface RegionExit {
  readonly kind: 'next' | 'branch' | 'jump' | 'call' | 'indirect';
  readonly target?: number;
}

/** Regions that are not entered any more. */
export interface RegionsDroppedEvent {
  readonly numbers: readonly number[];
  /** Their page has been written to, or all translations were dropped: to make room, or at a reset. */
  readonly reason: 'written' | 'all';
}

/** What a virtual machine tells, by the type of the event. */
export interface VirtualMachineEvents {
  /** Bytes that the guest has sent, collected for up to about a millisecond. */
  serial: { readonly port: 0; readonly bytes: Uint8Array };
  fault: FaultEvent;
  interrupt: InterruptEvent;
  /** Hot code was translated (engine `wasm`): all counters of the translator so far. */
  translated: TranslationStatistics;
  /**
   * A region was translated (engine `wasm`). With the first listener all translations are dropped, so that regions in use
   * are translated, and told of, anew. Making the texts takes time, and translations wait for it.
   */
  region: RegionEvent;
  regionsDropped: RegionsDroppedEvent;
  /** A system call was made. While somebody listens they take longer; `stats()` counts them at all times. */
  systemCall: SystemCallEvent;
  /** The guest has executed HLT and waits for an interrupt. */
  halted: { readonly instructions: number };
  started: Record<string, never>;
  /** A run or step has ended. */
  stopped: MachineExit;
}

/** The names of the events of a virtual machine. */
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
