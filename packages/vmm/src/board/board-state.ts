import type {
  AcpiPm,
  AcpiPmState,
  DmaPair,
  DmaPairState,
  I8042,
  I8042State,
  I8254,
  I8254State,
  I8259Pair,
  I8259PairState,
  Mc146818,
  Mc146818State,
  PciFunction,
  PciFunctionState,
  PciHost,
  PciHostState,
  Port61,
  Port61State,
  Port92,
  Port92State,
  Post,
  PostState,
  ResetControl,
  ResetControlState,
  Uart16550,
  Uart16550State,
} from '@trapgate/devices';

/** The saved states of all chips, by their places on the board. */
export interface BoardState {
  readonly version: 1;
  readonly timer: I8254State;
  readonly port61: Port61State;
  readonly keyboard: I8042State;
  readonly port92: Port92State;
  readonly clock: Mc146818State;
  readonly dma: DmaPairState;
  readonly post: PostState;
  readonly pci: PciHostState;
  readonly resetControl: ResetControlState;
  readonly hostBridge: PciFunctionState;
  readonly isaBridge: PciFunctionState;
  readonly powerFunction: PciFunctionState;
  readonly power: AcpiPmState;
  readonly serial: Uart16550State;
  /** Bytes for the serial port that have not arrived yet. */
  readonly serialInput: readonly number[];
  readonly interrupts: I8259PairState;
}

/** The chips whose states make up a board's. */
export interface BoardChips {
  readonly timer: I8254;
  readonly port61: Port61;
  readonly keyboard: I8042;
  readonly port92: Port92;
  readonly clock: Mc146818;
  readonly dma: DmaPair;
  readonly post: Post;
  readonly pci: PciHost;
  readonly resetControl: ResetControl;
  readonly hostBridge: PciFunction;
  readonly isaBridge: PciFunction;
  readonly powerFunction: PciFunction;
  readonly power: AcpiPm;
  readonly serial: Uart16550;
  readonly interrupts: I8259Pair;
}

/**
 * The order in which chips are restored: the interrupt controllers are last, as what the others do to their inputs
 * meanwhile must leave no trace.
 */
const CHIPS = [
  ...(['timer', 'port61', 'keyboard', 'port92', 'clock', 'dma', 'post', 'pci', 'resetControl'] as const),
  ...(['hostBridge', 'isaBridge', 'powerFunction', 'power', 'serial', 'interrupts'] as const),
] as const satisfies readonly (keyof BoardChips)[];

export function saveChips(chips: BoardChips, serialInput: readonly number[]): BoardState {
  const states = Object.fromEntries(CHIPS.map((name) => [name, chips[name].saveState()]));
  return { version: 1, ...states, serialInput } as unknown as BoardState;
}

/**
 * Restores chips that are as at power-on; guest time must be the saved one already. A chip that the saved board did not
 * have stays as it is. Throws `StateVersionError`.
 */
export function restoreChips(chips: BoardChips, state: Partial<BoardState>): void {
  for (const name of CHIPS) {
    const saved = state[name];
    if (saved) (chips[name] as { restoreState(state: unknown): void }).restoreState(saved);
  }
}
