import './style.css';
import { Fragment } from './fragment';
import { MachineSession } from './machine-session';
import { panels } from './panels';
import { Tabs } from './tabs';
import { installTheme } from './theme';

const element = (id: string): HTMLElement => document.getElementById(id)!;

installTheme(element('theme') as HTMLButtonElement);
new Tabs(element('tabs'), element('panels'), panels, {
  session: new MachineSession(),
  fragment: new Fragment(),
});
