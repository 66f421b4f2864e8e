/**
 * How text looks in a terminal: how many cells it takes, and what must not reach the terminal as it is.
 * Widths follow Unicode's East Asian Width and emoji presentation, as most terminals do.
 */

// Made when it is first needed: that takes 12 ms, and most runs show plain letters alone.
let graphemes: Intl.Segmenter | undefined;
const plain = /^[\x20-\x7E]*$/;
const invisible = /^[\p{M}\p{Cf}]+$/u;
const emoji = /\p{Emoji_Presentation}|\p{Emoji}\uFE0F/u;
// The blocks whose characters are Wide or Fullwidth; single exceptions inside them are not worth a table.
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u;

/** The user-perceived characters of a text. */
export function splitGraphemes(text: string): readonly string[] {
  if (plain.test(text)) return text.split('');
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), (each) => each.segment);
}

/** Terminal cells that a text takes; control characters should be made safe before. */
export function cellWidth(text: string): number {
  // The common case, and the renderers ask often.
  if (plain.test(text)) return text.length;
  return splitGraphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) || emoji.test(grapheme) ? 2 : 1;
}

// Control characters (C0, DEL, C1), line and paragraph separators, characters that turn the direction of
// writing or show nothing, and halves of surrogate pairs. The joiner of emoji stays.
const unsafe =
  /[\p{Cc}\u2028\u2029\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\p{Cs}]/gu;

/**
 * The text with every character replaced that a terminal would act on instead of showing it: C0 controls by
 * their pictures (`␛`), all others by `�`. Line breaks are replaced too. Never longer or shorter in characters.
 */
export function showControls(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\uFFFD';
  });
}
