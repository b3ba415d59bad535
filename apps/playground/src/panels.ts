import type { PanelDefinition } from './panel';

/** The panels in the order of their tabs. A further one - a monitor's, for example - is one more entry. */
export const panels: readonly PanelDefinition[] = [
  { id: 'run', title: 'Run', load: () => import('./run/run-panel') },
  { id: 'assemble', title: 'Assemble', load: () => import('./assemble/assemble-panel') },
  { id: 'translate', title: 'Translate', load: () => import('./translate/translate-panel') },
  { id: 'memory', title: 'Memory', load: () => import('./memory/memory-panel') },
  { id: 'events', title: 'Events', load: () => import('./events/events-panel') },
  { id: 'learn', title: 'Learn', load: () => import('./learn/learn-panel') },
];
