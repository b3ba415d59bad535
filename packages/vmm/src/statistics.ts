import type { TranslationStatistics } from '@trapgate/binary-translator';
import type { SystemCallCounts } from '@trapgate/cpu';

/** What a machine counted since its creation or its last reset. */
export interface MachineStatistics {
  readonly instructions: number;
  readonly guestNanoseconds: number;
  /** Host time in milliseconds: spent executing, and asleep while the guest was halted. */
  readonly runningMilliseconds: number;
  readonly idleMilliseconds: number;
  /** Accesses to I/O ports, most used first. */
  readonly ports: readonly PortStatistics[];
  readonly mmioReads: number;
  readonly mmioWrites: number;
  /** Acknowledged interrupts by vector. */
  readonly interrupts: readonly { readonly vector: number; readonly count: number }[];
  /** Software interrupts and fast system calls, most used first. */
  readonly systemCalls: readonly SystemCallStatistics[];
  /** With the engine `wasm`: what its translator counted. */
  readonly translation?: TranslationStatistics;
}

/** Accesses to one I/O port since power-on. */
export interface PortStatistics {
  readonly port: number;
  /** The device there, if any. */
  readonly device: string | undefined;
  readonly reads: number;
  readonly writes: number;
}

/** How often a guest has called its kernel, or its firmware, in one way. */
export interface SystemCallStatistics {
  readonly kind: 'int' | 'sysenter' | 'syscall';
  /** Of `int` alone. */
  readonly vector?: number;
  readonly count: number;
}

export function systemCallRows({ vectors, sysenter, syscall }: SystemCallCounts): SystemCallStatistics[] {
  const rows: SystemCallStatistics[] = [
    ...vectors.map((count, vector) => ({ kind: 'int', vector, count }) as const),
    { kind: 'sysenter', count: sysenter },
    { kind: 'syscall', count: syscall },
  ];
  return rows.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
}

const PORTS = 0x10000;
const VECTORS = 0x100;

/** Counts the exits from the processor to the board. */
export class ExitCounters {
  readonly portReads = new Float64Array(PORTS);
  readonly portWrites = new Float64Array(PORTS);
  readonly interrupts = new Float64Array(VECTORS);
  mmioReads = 0;
  mmioWrites = 0;

  ports(nameOf: (port: number) => string | undefined): PortStatistics[] {
    const rows: PortStatistics[] = [];
    for (let port = 0; port < PORTS; port++) {
      const [reads, writes] = [this.portReads[port]!, this.portWrites[port]!];
      if (reads + writes > 0) rows.push({ port, device: nameOf(port), reads, writes });
    }
    return rows.sort((a, b) => b.reads + b.writes - (a.reads + a.writes));
  }

  vectors(): { vector: number; count: number }[] {
    return Array.from(this.interrupts, (count, vector) => ({ vector, count })).filter((row) => row.count > 0);
  }
}
