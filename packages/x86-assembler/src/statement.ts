import type { SourceLocation } from './diagnostics';
import type { Expression } from './expression';
import type { PrefixRequest } from './encode';
import type { Register } from './registers';

/** Operand as written, its expressions not yet evaluated. */
export type OperandSyntax =
  | { readonly kind: 'register'; readonly register: Register; readonly location: SourceLocation }
  | {
      readonly kind: 'number';
      readonly value: Expression;
      readonly size: 0 | 8 | 16 | 32 | 64;
      readonly strict: boolean;
      readonly distance: 'short' | 'near' | undefined;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'far';
      readonly selector: Expression;
      readonly offset: Expression;
      readonly size: 0 | 16 | 32;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'memory';
      readonly address: Expression;
      readonly size: number;
      readonly far: boolean;
      readonly segment: number | undefined;
      readonly displacementSize: 0 | 8 | 16 | 32 | 64;
      readonly noSplit: boolean;
      readonly relative: boolean | undefined;
      readonly location: SourceLocation;
    };

export type DataItem =
  | { readonly kind: 'text'; readonly bytes: string }
  | { readonly kind: 'number'; readonly value: Expression; readonly location: SourceLocation }
  | {
      readonly kind: 'float';
      readonly text: string;
      readonly negative: boolean;
      readonly location: SourceLocation;
    }
  | { readonly kind: 'reserved' };

/** What a line (after its label) asks for. */
export type Action =
  | {
      readonly kind: 'instruction';
      readonly mnemonic: string;
      readonly operands: readonly OperandSyntax[];
      readonly prefixes: PrefixRequest;
    }
  | { readonly kind: 'data'; readonly unit: number; readonly items: readonly DataItem[] }
  | { readonly kind: 'reserve'; readonly unit: number; readonly count: Expression }
  | {
      readonly kind: 'binary';
      readonly bytes: Uint8Array;
      readonly skip: Expression | undefined;
      readonly limit: Expression | undefined;
    }
  | { readonly kind: 'times'; readonly count: Expression; readonly body: Action }
  | { readonly kind: 'align'; readonly to: Expression; readonly fill: Action; readonly raises: boolean }
  | { readonly kind: 'equ'; readonly name: string; readonly value: Expression }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'bits'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'org'; readonly address: Expression }
  | { readonly kind: 'section'; readonly name: string; readonly attributes: SectionAttributes }
  | { readonly kind: 'absolute'; readonly address: Expression }
  | { readonly kind: 'endstruc'; readonly name: string }
  | { readonly kind: 'sectionAlign'; readonly to: Expression };

export interface SectionAttributes {
  readonly noBits?: boolean;
  readonly align?: Expression;
  readonly start?: Expression;
  readonly vstart?: Expression;
  readonly follows?: string;
}

export interface Statement {
  readonly action: Action;
  readonly location: SourceLocation;
  /** Source line, for listings; only on the first statement of a line. */
  readonly text: string;
}
