/**
 * Reads one Dockerfile: its instructions, stages, declared arguments, and every reference by which it may
 * draw on another image. Pure text in, data out; what a reference stands for is resolve-references.ts's work.
 * Instructions are cut by logical-lines.ts, and their words by instruction-words.ts.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import { usageError } from '../matrix/usage-error.ts';
import { argWords, instructionWords } from './instruction-words.ts';
import { type Directive, type LogicalLine, readLogicalLines, sourceRange } from './logical-lines.ts';
import { mountedSecret, mountSource } from './mount-option.ts';
import type {
  ArgDeclaration,
  MountedSecret,
  Instruction,
  ParsedDockerfile,
  ReferenceText,
  RemoteAdd,
  SourceReference,
  Stage,
} from './parsed-dockerfile.ts';
import { spanOf } from './text-span.ts';

const keywords = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];

/** A stage while its instructions are still being read: the same lists, not yet read-only. */
type OpenStage = {
  -readonly [Name in keyof Stage]: Stage[Name] extends readonly (infer T)[] ? T[] : Stage[Name];
};

/**
 * Parses the text of a Dockerfile; `file` names it in diagnostics.
 * Errors, all of them together: an unterminated heredoc, an unknown instruction, anything but ARG before the first
 * FROM, a malformed FROM, no FROM at all. What only BuildKit can judge is left to BuildKit.
 */
export function parseDockerfile(text: string, file: string): Result<ParsedDockerfile, readonly Diagnostic[]> {
  const read = readLogicalLines(text);
  if (!read.ok) {
    const span = spanOf(file, text, read.error);
    return err([
      usageError('unterminated-heredoc', `the heredoc \`${read.error.name}\` is never closed`, span),
    ]);
  }
  const reader = new Reader(text, file, read.value.escape, read.value.directives);
  for (const line of read.value.lines) reader.read(line);
  return reader.finish();
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  readonly #escape: '\\' | '`';
  readonly #directives: readonly Directive[];
  readonly #errors: Diagnostic[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #globalArgs: ArgDeclaration[] = [];
  readonly #stages: OpenStage[] = [];
  /** A malformed one counts, so that it is told alone. */
  #sawFrom = false;

  constructor(text: string, file: string, escape: '\\' | '`', directives: readonly Directive[]) {
    this.#text = text;
    this.#file = file;
    this.#escape = escape;
    this.#directives = directives;
  }

  read(line: LogicalLine): void {
    const keyword = /^\S+/.exec(line.text)?.[0] ?? '';
    const upper = keyword.toUpperCase();
    const isKnown = keywords.includes(upper) || this.#hasOwnFrontend();
    if (!isKnown) {
      const help = didYouMean(upper, keywords);
      this.#error(
        'unknown-instruction',
        `\`${keyword}\` is not an instruction`,
        line,
        0,
        keyword.length,
        help,
      );
    }
    const stage = this.#stages.at(-1);
    this.#instructions.push({
      keyword: upper,
      line: line.line,
      text: upper + line.text.slice(keyword.length),
      heredocs: line.heredocs,
      stage: upper === 'FROM' ? this.#stages.length : stage?.index,
    });
    if (upper === 'FROM') this.#readFrom(line);
    else if (!this.#sawFrom && upper !== 'ARG' && isKnown) {
      this.#error(
        'instruction-before-from',
        `\`${upper}\` stands before the first FROM`,
        line,
        0,
        keyword.length,
      );
    } else if (upper === 'ARG') (stage?.args ?? this.#globalArgs).push(...this.#readArgs(line));
    else if (stage !== undefined) this.#readSources(line, upper, stage);
  }

  finish(): Result<ParsedDockerfile, readonly Diagnostic[]> {
    if (this.#stages.length === 0 && this.#errors.length === 0) {
      const span = spanOf(this.#file, this.#text, { start: 0, end: 0 });
      this.#errors.push(usageError('no-from', 'this Dockerfile has no FROM', span));
    }
    if (this.#errors.length > 0) return err(this.#errors);
    return ok({
      file: this.#file,
      text: this.#text,
      escape: this.#escape,
      directives: this.#directives,
      globalArgs: this.#globalArgs,
      stages: this.#stages,
      instructions: this.#instructions,
    });
  }

  // A frontend of its own (`# syntax=`) may know instructions that we do not.
  #hasOwnFrontend(): boolean {
    return this.#directives.some(({ name }) => name === 'syntax');
  }

  #readFrom(line: LogicalLine): void {
    this.#sawFrom = true;
    const [image, as, stageName, ...more] = instructionWords(line.text).args;
    const isNamed = stageName !== undefined && as?.text.toLowerCase() === 'as';
    if (image === undefined || !(as === undefined || isNamed) || more.length > 0) {
      const help = 'write `FROM image`, or `FROM image AS stage`';
      this.#error('invalid-from', 'this FROM is not understood', line, 0, line.text.length, help);
      return;
    }
    const name = stageName?.text.toLowerCase();
    if (stageName !== undefined && name !== undefined && !/^[a-z][a-z0-9._-]*$/.test(name)) {
      const message = `\`${name}\` cannot name a stage`;
      this.#error('invalid-stage-name', message, line, stageName.start, stageName.end);
    }
    this.#stages.push({
      index: this.#stages.length,
      name,
      base: this.#reference(line, image.start, image.end),
      args: [],
      references: [],
      remoteAdds: [],
      secrets: [],
      deferredReferences: [],
    });
  }

  #readArgs(line: LogicalLine): readonly ArgDeclaration[] {
    return argWords(line.text, this.#escape).map(({ text, start, end }) => {
      const equals = text.indexOf('=');
      return {
        name: equals === -1 ? text : text.slice(0, equals),
        defaultText: equals === -1 ? undefined : text.slice(equals + 1),
        range: sourceRange(line, start, end),
      };
    });
  }

  #readSources(line: LogicalLine, keyword: string, stage: OpenStage): void {
    if (keyword === 'COPY') stage.references.push(...this.#copySources(line));
    else if (keyword === 'RUN') {
      stage.references.push(...this.#mountSources(line));
      stage.secrets.push(...this.#mountedSecrets(line));
    } else if (keyword === 'ADD') stage.remoteAdds.push(...this.#remoteAdds(line));
    else if (
      keyword === 'ONBUILD' &&
      /^ONBUILD\s+(?:COPY\s(?:.*\s)?--from=|RUN\s(?:.*\s)?--mount=\S*from=)/i.test(line.text)
    ) {
      stage.deferredReferences.push(sourceRange(line, 0, line.text.length));
    }
  }

  #copySources(line: LogicalLine): readonly SourceReference[] {
    return instructionWords(line.text).flags.flatMap(({ name, value }) => {
      if (name !== 'from' || value === undefined || value.text === '') return [];
      return [{ ...this.#reference(line, value.start, value.end), via: 'copy' as const }];
    });
  }

  #mountSources(line: LogicalLine): readonly SourceReference[] {
    return instructionWords(line.text).flags.flatMap(({ name, value }) => {
      const source = name === 'mount' && value !== undefined ? mountSource(value.text) : undefined;
      if (source === undefined || value === undefined) return [];
      const { start } = value;
      return [{ ...this.#reference(line, start + source.start, start + source.end), via: 'mount' as const }];
    });
  }

  #mountedSecrets(line: LogicalLine): readonly MountedSecret[] {
    return instructionWords(line.text).flags.flatMap(({ name, value }) => {
      const id = name === 'mount' && value !== undefined ? mountedSecret(value.text) : undefined;
      if (id === undefined || value === undefined) return [];
      return [{ id, range: sourceRange(line, value.start, value.end) }];
    });
  }

  #remoteAdds(line: LogicalLine): readonly RemoteAdd[] {
    const { flags, args } = instructionWords(line.text);
    const hasChecksum = flags.some(({ name, value }) => name === 'checksum' && (value?.text ?? '') !== '');
    return args.flatMap(({ text, start, end }) => {
      const source = text.replace(/^\[?"?/, '').replace(/"?[,\]]*$/, '');
      const isGit = /^(?:git@|git:\/\/|ssh:\/\/)|^https?:\/\/\S+\.git(?:#|$)/.test(source);
      if (!isGit && !/^https?:\/\//.test(source)) return [];
      const hasCommit = isGit && /#[0-9a-f]{40}(?::|$)/.test(source);
      const range = sourceRange(line, start, end);
      return [{ source, range, pinned: hasChecksum || hasCommit }];
    });
  }

  #reference(line: LogicalLine, start: number, end: number): ReferenceText {
    return {
      text: line.text.slice(start, end),
      range: sourceRange(line, start, end),
      instruction: this.#instructions.length - 1,
      at: start,
    };
  }

  #error(code: string, message: string, line: LogicalLine, start: number, end: number, help?: string): void {
    const span = spanOf(this.#file, this.#text, sourceRange(line, start, end));
    this.#errors.push(usageError(code, message, span, { help }));
  }
}
