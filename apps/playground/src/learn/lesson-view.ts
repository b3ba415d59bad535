import { button, h } from '../elements';
import type { Lesson, Section, Showing } from './lesson';
import type { Result } from './lesson-machine';
import { paragraph } from './text-view';

/** What the page does when its reader acts. */
export interface LessonActions {
  /** Runs the program on to the end of this step. */
  run(step: number): void;
  answer(): void;
  again(): void;
}

interface StepView {
  readonly root: HTMLElement;
  readonly results: HTMLElement;
  readonly runButton: HTMLButtonElement;
}

const claim = ({ is, atLeast }: Showing): string => (is === undefined ? `at least ${atLeast}` : is);

function resultsTable(results: readonly Result[]): HTMLElement {
  const rows = results.map((result) =>
    h(
      'tr',
      { class: result.right ? 'right' : 'wrong' },
      h('th', { scope: 'row' }, result.label),
      h('td', { class: 'mono' }, result.found),
      h(
        'td',
        { class: 'verdict' },
        result.right ? '✓' : `✗ expected ${claim(result)}`,
        h('span', { class: 'sr-only' }, result.right ? ' as the text says' : ''),
      ),
    ),
  );
  return h('table', { class: 'results' }, h('tbody', {}, ...rows));
}

/** A lesson's text, with its buttons, results and question. */
export class LessonView {
  readonly root: HTMLElement;
  private readonly steps: readonly StepView[];
  private readonly question: StepView;
  private readonly answer = h('div', { class: 'answer', role: 'status' });
  private readonly choices: readonly HTMLInputElement[];

  constructor(
    private readonly lesson: Lesson,
    actions: LessonActions,
  ) {
    const { text, plan, id } = lesson;
    this.steps = text.steps.map((section, n) =>
      this.stepView(section, `Step ${n + 1}: `, 'Run this step', () => actions.run(n)),
    );
    this.question = this.stepView(text.question, '', 'Show the answer', () => actions.answer());
    this.choices = plan.question.choices.map((_, n) =>
      h('input', { type: 'radio', name: `answer-${id}`, value: n }),
    );
    const choices = this.choices.map((input, n) =>
      h('label', { class: 'check' }, input, plan.question.choices[n]!),
    );
    const group = h('fieldset', {}, h('legend', {}, 'Your answer'), ...choices);
    this.question.runButton.before(group);
    this.question.root.append(this.answer);
    this.root = h(
      'article',
      { class: 'lesson' },
      h('h3', {}, text.title),
      ...text.paragraphs.map(paragraph),
      ...this.steps.map(({ root }) => root),
      this.question.root,
      h(
        'div',
        { class: 'bar' },
        button('Begin this lesson again', () => actions.again()),
      ),
    );
  }

  private stepView(section: Section, prefix: string, action: string, run: () => void): StepView {
    const results = h('div', { 'aria-live': 'polite' });
    const runButton = button(action, run, { class: 'primary' });
    const root = h(
      'section',
      { class: 'step' },
      h('h4', {}, `${prefix}${section.title}`),
      ...section.paragraphs.map(paragraph),
      runButton,
      results,
    );
    return { root, results, runButton };
  }

  set busy(busy: boolean) {
    for (const { runButton } of [...this.steps, this.question])
      runButton.setAttribute('aria-disabled', String(busy));
  }

  showResults(step: number, results: readonly Result[]): void {
    this.steps[step]!.results.replaceChildren(resultsTable(results));
    this.steps[step]!.root.classList.add('done');
  }

  showAnswer(results: readonly Result[]): void {
    const { text, plan } = this.lesson;
    const { right, choices } = plan.question;
    const chosen = this.choices.findIndex(({ checked }) => checked);
    const verdict =
      chosen < 0
        ? `The answer: ${choices[right]}`
        : chosen === right
          ? 'That is right.'
          : `Not so: ${choices[right]}`;
    this.question.results.replaceChildren(resultsTable(results));
    this.question.root.classList.add('done');
    this.answer.replaceChildren(
      h('p', { class: 'verdict-text' }, verdict),
      ...text.answer.paragraphs.map(paragraph),
    );
  }

  /** The answer chosen stays. */
  clearResults(): void {
    for (const { root, results } of [...this.steps, this.question]) {
      root.classList.remove('done');
      results.replaceChildren();
    }
    this.answer.replaceChildren();
  }

  clear(): void {
    this.clearResults();
    for (const choice of this.choices) choice.checked = false;
  }
}
