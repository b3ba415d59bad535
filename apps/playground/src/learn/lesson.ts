/** What a lesson is: texts, a program, and steps that are data. See README.md for how to add one. */

/** One thing that a step does to the machine. */
export type Action =
  /** Runs up to a label; not at it if it is there already. */
  | { readonly until: string }
  /** So many instructions. */
  | { readonly steps: number }
  /** Notes the value of an observation, for `... since`. */
  | { readonly remember: string };

/** A result to be shown: an observation, and what it has to be for the text to be true. */
export interface Showing {
  readonly label: string;
  readonly value: string;
  readonly is?: string;
  readonly atLeast?: number;
}

export interface Step {
  readonly do: readonly Action[];
  readonly show: readonly Showing[];
}

export interface Question extends Step {
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly right: number;
  /** Constants of the program that are other for the question: it then starts anew. */
  readonly define?: Readonly<Record<string, number>>;
}

/** `lesson.json` */
export interface LessonPlan {
  /** Lessons are listed by it. */
  readonly order: number;
  readonly steps: readonly Step[];
  readonly question: Question;
}

/** A heading and the paragraphs under it. */
export interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

export interface LessonText {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** One for each step. */
  readonly steps: readonly Section[];
  readonly question: Section;
  readonly answer: Section;
}

export interface Lesson {
  readonly id: string;
  readonly plan: LessonPlan;
  readonly text: LessonText;
  readonly program: string;
}

/** Reads `text.md`: `# title`, `## step` for each step, `## Question`, `## Answer`; paragraphs between empty lines. */
export function parseText(markdown: string): LessonText {
  const sections: { title: string; paragraphs: string[] }[] = [];
  for (const block of markdown.trim().split(/\n\s*\n/)) {
    const heading = /^##? (.+)$/.exec(block);
    if (heading) sections.push({ title: heading[1]!, paragraphs: [] });
    else sections.at(-1)?.paragraphs.push(block.replaceAll('\n', ' '));
  }
  const [first, ...others] = sections;
  const steps = others.slice(0, -2);
  const [question, answer] = others.slice(-2);
  if (!first || question?.title !== 'Question' || answer?.title !== 'Answer')
    throw new Error('a lesson has a title, steps, a question and an answer');
  return { ...first, steps, question, answer };
}

/** Texts of the folder of lessons by their paths: `./lessons/ID/text.md` and its like, and what programs include. */
export interface LessonFiles {
  readonly texts: Readonly<Record<string, string>>;
  readonly programs: Readonly<Record<string, string>>;
  readonly plans: Readonly<Record<string, LessonPlan>>;
}

/** All lessons in their order. Throws if a text and its plan do not fit. */
export function lessonsOf({ texts, programs, plans }: LessonFiles): readonly Lesson[] {
  const lessons = Object.entries(plans).map(([path, plan]): Lesson => {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const [text, program] = [texts[`${folder}/text.md`], programs[`${folder}/program.asm`]];
    if (text === undefined || program === undefined) throw new Error(`${folder}: a file is missing`);
    const lesson = { id: folder.split('/').at(-1)!, plan, program, text: parseText(text) };
    if (lesson.text.steps.length !== plan.steps.length)
      throw new Error(`${folder}: ${lesson.text.steps.length} texts for ${plan.steps.length} steps`);
    return lesson;
  });
  return lessons.sort((a, b) => a.plan.order - b.plan.order);
}
