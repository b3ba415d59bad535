/** What an embedder hands to `Machine.load`. */
export interface LoadableImage {
  /** `auto` finds the format: Linux bzImage, Multiboot, or ELF for the 80386. */
  readonly kind: 'auto';
  readonly kernel: Uint8Array;
  /** Initial RAM disk (Linux) or the one boot module (Multiboot). */
  readonly initrd?: Uint8Array;
  readonly commandLine?: string;
}

/** Bytes to be put at a physical address. `zeroTo` extends the range with zeros (a BSS), exclusive end address. */
export interface Placement {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly zeroTo?: number;
}

/** The processor state in which a loader starts its kernel: 32-bit protected mode, flat, paging and interrupts off. */
export interface EntryState {
  readonly eip: number;
  readonly eax: number;
  readonly ebx: number;
  readonly esi: number;
  readonly esp: number;
  /** Selectors of the flat code and data descriptors in the global descriptor table at `gdtBase`. */
  readonly codeSelector: number;
  readonly dataSelector: number;
  readonly gdtBase: number;
  readonly gdtLimit: number;
}

/** A loaded kernel before it is written to memory. */
export interface BootPlan {
  readonly format: 'bzImage' | 'multiboot' | 'elf';
  readonly placements: readonly Placement[];
  readonly entry: EntryState;
}

/** What the loaders know about the machine. */
export interface BootMachine {
  readonly ramBytes: number;
  /** Physical address of the ACPI root pointer, 0 if there is none. */
  readonly rsdpAddress: number;
}
