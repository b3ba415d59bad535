import { h } from './elements';
import { nextTask } from './next-task';
import type { PanelContext, PanelDefinition, PanelView } from './panel';

interface Tab {
  readonly definition: PanelDefinition;
  readonly tab: HTMLButtonElement;
  readonly root: HTMLElement;
  view: Promise<PanelView> | null;
}

/** The tab list (WAI-ARIA: tabs with automatic activation) and the panels under it. */
export class Tabs {
  private readonly tabs: readonly Tab[];
  private current: Tab | null = null;

  constructor(
    list: HTMLElement,
    panels: HTMLElement,
    definitions: readonly PanelDefinition[],
    private readonly context: PanelContext,
  ) {
    this.tabs = definitions.map((definition) => this.add(definition, list, panels));
    list.addEventListener('keydown', (event) => this.key(event));
    context.fragment.onNavigation(() => this.showNamed());
    this.showNamed();
  }

  private add(definition: PanelDefinition, list: HTMLElement, panels: HTMLElement): Tab {
    const { id, title } = definition;
    const attributes = { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}` };
    const tab = h('button', { ...attributes, onclick: () => this.show(entry) }, title);
    const root = h('section', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` });
    const entry: Tab = { definition, tab, root, view: null };
    root.hidden = true;
    list.append(tab);
    panels.append(root);
    return entry;
  }

  private showNamed(): void {
    const name = this.context.fragment.get('panel');
    this.show(this.tabs.find(({ definition }) => definition.id === name) ?? this.tabs[0]!);
  }

  private show(next: Tab): void {
    const previous = this.current;
    if (previous === next) return;
    this.current = next;
    for (const entry of this.tabs) {
      const selected = entry === next;
      entry.tab.setAttribute('aria-selected', String(selected));
      entry.tab.tabIndex = selected ? 0 : -1;
      entry.root.hidden = !selected;
    }
    next.tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.context.fragment.set({ panel: next.definition.id });
    void previous?.view?.then((view) => view.hidden?.());
    next.view ??= this.mount(next);
    void next.view.then((view) => {
      if (this.current === next) view.shown?.();
      performance.mark('panel-ready');
    });
  }

  private async mount({ definition, root }: Tab): Promise<PanelView> {
    root.setAttribute('aria-busy', 'true');
    try {
      const module = await definition.load();
      await nextTask();
      return module.mount(root, this.context);
    } catch (error) {
      root.append(
        h('p', { class: 'error', role: 'alert' }, `This panel could not be loaded: ${String(error)}`),
      );
      return {};
    } finally {
      root.removeAttribute('aria-busy');
    }
  }

  private key(event: KeyboardEvent): void {
    const at = this.tabs.indexOf(this.current!);
    const last = this.tabs.length - 1;
    const moves: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const next = this.tabs[moves[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    this.show(next);
    next.tab.focus();
  }
}
