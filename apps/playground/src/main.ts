import './style.css';
import { EventRecord } from './events/event-record';
import { Fragment } from './fragment';
import { MachineSession } from './machine-session';
import { panels } from './panels';
import { Tabs } from './tabs';
import { installTheme } from './theme';

const element = (id: string): HTMLElement => document.getElementById(id)!;

installTheme(element('theme') as HTMLButtonElement);
const session = new MachineSession();
const record = new EventRecord();
session.onMachine((machine) => record.watch(machine));
new Tabs(element('tabs'), element('panels'), panels, {
  session,
  record,
  fragment: new Fragment(),
});
