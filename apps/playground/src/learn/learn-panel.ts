import './learn.css';
import { VirtualMachine } from '@trapgate/vmm';
import { button, h } from '../elements';
import { errorText } from '../error-text';
import type { PanelContext, PanelView } from '../panel';
import type { Lesson } from './lesson';
import { LessonMachine } from './lesson-machine';
import { LessonView } from './lesson-view';
import { includedFile, lessons } from './lessons';
import { ProgramView } from './program-view';

class LearnPanel {
  private readonly list = h('ol', { class: 'lessons' });
  private readonly holder = h('div');
  private readonly error = h('p', { class: 'error', role: 'alert' });
  private readonly program = new ProgramView('The program');
  private readonly common = new ProgramView('bare.asm');
  private lesson: Lesson = lessons[0]!;
  private view: LessonView | null = null;
  private machine: Promise<LessonMachine> | null = null;
  /** Steps that the machine has run; null: it has to start anew. */
  private done: number | null = null;
  private busy = false;

  constructor(
    root: HTMLElement,
    private readonly context: PanelContext,
  ) {
    root.append(
      h('h2', {}, 'Short experiments'),
      h(
        'p',
        { class: 'note' },
        'Each runs a small program in a machine of its own. The results are read from that machine as it runs; ✓ means that ' +
          'the machine did what the text says.',
      ),
      h('nav', { 'aria-label': 'Lessons' }, this.list),
      this.error,
      h(
        'div',
        { class: 'learn-columns' },
        this.holder,
        h(
          'div',
          { class: 'program-column' },
          h('h3', {}, 'The program'),
          this.program.root,
          h('details', {}, h('summary', {}, 'bare.asm: what every experiment begins with'), this.common.root),
        ),
      ),
    );
    this.common.show(includedFile('bare.asm'));
    const named = lessons.find(({ id }) => id === context.fragment.get('lesson'));
    this.open(named ?? lessons[0]!);
    context.fragment.onNavigation(() => {
      const wanted = lessons.find(({ id }) => id === context.fragment.get('lesson'));
      if (wanted && wanted !== this.lesson) this.open(wanted);
    });
  }

  private open(lesson: Lesson): void {
    this.lesson = lesson;
    this.done = null;
    const view = new LessonView(lesson, {
      run: (step) => this.command(async () => void (await this.runTo(step + 1))),
      answer: () => this.command(() => this.answer()),
      again: () => this.command(() => this.again()),
    });
    this.view = view;
    this.list.replaceChildren(
      ...lessons.map((each) =>
        h(
          'li',
          {},
          button(each.text.title, () => this.choose(each), {
            'aria-current': each === lesson ? 'page' : undefined,
          }),
        ),
      ),
    );
    this.holder.replaceChildren(view.root);
    this.error.textContent = '';
    this.program.show(lesson.program);
  }

  private choose(lesson: Lesson): void {
    if (this.busy) return;
    this.context.fragment.set({ lesson: lesson.id });
    this.open(lesson);
    this.list.querySelector<HTMLElement>('[aria-current]')?.focus();
  }

  /** One command at a time. */
  private command(action: () => Promise<void>): void {
    if (this.busy) return;
    const { view } = this;
    this.busy = true;
    view!.busy = true;
    this.error.textContent = '';
    action()
      .catch((error: unknown) => {
        this.error.textContent = errorText(error);
        this.done = null;
      })
      .finally(() => {
        this.busy = false;
        view!.busy = false;
      });
  }

  private openMachine(): Promise<LessonMachine> {
    this.machine ??= LessonMachine.create((options) => VirtualMachine.createInWorker(options), includedFile);
    return this.machine;
  }

  /** Runs the program until `steps` steps are done: anew if it is further already. */
  private async runTo(steps: number): Promise<LessonMachine> {
    const machine = await this.openMachine();
    const { lesson, view } = this;
    if (this.done === null || this.done >= steps) {
      await machine.start(lesson);
      this.done = 0;
      view!.clearResults();
    }
    while (this.done < steps) {
      const results = await machine.run(lesson.plan.steps[this.done]!);
      view!.showResults(this.done, results);
      this.done++;
    }
    this.program.mark(await machine.line());
    return machine;
  }

  private async answer(): Promise<void> {
    const { lesson, view } = this;
    const { question, steps } = lesson.plan;
    const machine = this.done === steps.length ? await this.openMachine() : await this.runTo(steps.length);
    if (question.define) await machine.start(lesson, question.define);
    const results = await machine.run(question);
    // The machine is behind the last step: another run begins anew.
    this.done = null;
    view!.showAnswer(results);
    this.program.mark(await machine.line());
  }

  private async again(): Promise<void> {
    this.done = null;
    this.view!.clear();
    this.program.mark(null);
  }
}

export function mount(root: HTMLElement, context: PanelContext): PanelView {
  new LearnPanel(root, context);
  return {};
}
