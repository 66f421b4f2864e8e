/**
 * A Dockerfile as the graph and the keys need it: instructions, stages, arguments, references. Types only.
 */
import type { Directive, TextRange } from './logical-lines.ts';

/** One instruction, ready to be hashed. */
export interface Instruction {
  /** Upper case: `RUN`. */
  readonly keyword: string;
  readonly line: number;
  /** On one line, keyword in upper case, no comments; continuation lines joined as BuildKit joins them. */
  readonly text: string;
  /** Heredocs with their terminators, verbatim. */
  readonly heredocs: readonly string[];
  /** Index of its stage; undefined before the first FROM. */
  readonly stage: number | undefined;
}

/** A name or reference that an instruction draws on, as written. */
export interface ReferenceText {
  readonly text: string;
  /** Where it stands in the file. */
  readonly range: TextRange;
  /** Index of its instruction, and where it stands in that instruction's text. */
  readonly instruction: number;
  readonly at: number;
}

/** `COPY --from=…` or `RUN --mount=…,from=…`. */
export interface SourceReference extends ReferenceText {
  readonly via: 'copy' | 'mount';
}

/** A secret that a step mounts. */
export interface MountedSecret {
  readonly id: string;
  readonly range: TextRange;
}

/** An `ARG`; one instruction may declare several. */
export interface ArgDeclaration {
  readonly name: string;
  /** As written, quotes included; undefined: declared without a value. */
  readonly defaultText: string | undefined;
  readonly range: TextRange;
}

/** An `ADD` of something from the network. */
export interface RemoteAdd {
  readonly source: string;
  readonly range: TextRange;
  /** True with `--checksum`, or for a git address that names a whole commit. */
  readonly pinned: boolean;
}

export interface Stage {
  readonly index: number;
  /** Lower case, as BuildKit compares it. */
  readonly name: string | undefined;
  readonly base: ReferenceText;
  readonly args: readonly ArgDeclaration[];
  readonly references: readonly SourceReference[];
  readonly remoteAdds: readonly RemoteAdd[];
  readonly secrets: readonly MountedSecret[];
  /** `ONBUILD` instructions that draw on another image: their effect falls in other builds. */
  readonly deferredReferences: readonly TextRange[];
}

export interface ParsedDockerfile {
  readonly file: string;
  readonly text: string;
  readonly escape: '\\' | '`';
  readonly directives: readonly Directive[];
  readonly globalArgs: readonly ArgDeclaration[];
  /** At least one. */
  readonly stages: readonly Stage[];
  readonly instructions: readonly Instruction[];
}
