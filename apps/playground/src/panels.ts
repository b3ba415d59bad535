import type { PanelDefinition } from './panel';

/** The panels in the order of their tabs. A further one - a monitor's, for example - is one more entry. */
export const panels: readonly PanelDefinition[] = [
  { id: 'run', title: 'Run', load: () => import('./run/run-panel') },
];
