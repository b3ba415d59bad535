import { forms, type Form } from '@trapgate/x86-decoder';

/** A question about forms, answered for all of them beforehand: the translator asks it of every instruction. */
export function byForm<T>(answer: (form: Form) => T): (form: Form) => T {
  const answers = forms.map(answer);
  return (form) => answers[form.id]!;
}
