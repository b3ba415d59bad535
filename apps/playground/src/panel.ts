import type { EventRecord } from './events/event-record';
import type { Fragment } from './fragment';
import type { MachineSession } from './machine-session';

/** What every panel is given. */
export interface PanelContext {
  /** The machine of the Run panel, which the other panels look into. */
  readonly session: MachineSession;
  /** What happened in it, from its first instruction on. */
  readonly record: EventRecord;
  readonly fragment: Fragment;
}

/** A panel on the page. */
export interface PanelView {
  /** The panel comes to sight, or goes out of it. */
  shown?(): void;
  hidden?(): void;
}

export interface PanelModule {
  mount(root: HTMLElement, context: PanelContext): PanelView;
}

/** An entry of the list of panels. Its code is loaded when it is first shown. */
export interface PanelDefinition {
  /** Name in the address. */
  readonly id: string;
  readonly title: string;
  load(): Promise<PanelModule>;
}
