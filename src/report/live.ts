/**
 * A run on a terminal: what has ended scrolls by, what runs is redrawn in place below it. Drawing (cursor,
 * erasing, wrapping) is log-update's work, the text live-frame.ts's.
 */
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import { imageLine } from './image-line.ts';
import { renderFrame, rowsOf } from './live-frame.ts';
import type { Reporter } from './reporter.ts';
import { applyEvent, emptyView } from './run-view.ts';
import { styleOf } from './style.ts';
import { renderSummary } from './summary.ts';
import { count } from './text.ts';

/** Redraws a second: quick enough to look alive, slow enough for a link over ssh. */
const frameMs = 100;

export function liveReporter(stream: NodeJS.WriteStream, options: { readonly colour: boolean }): Reporter {
  const view = emptyView();
  const style = styleOf(options.colour);
  const update = createLogUpdate(stream, { showCursor: false });
  const width = (): number => stream.columns || 80;
  /** From this process's clock, which only grows, to that of the events. */
  let offset = 0;
  let frame = '';
  const draw = (): void => {
    frame = renderFrame(view, {
      colour: options.colour,
      width: width(),
      height: stream.rows || 24,
      now: performance.now() + offset,
    });
    update(frame);
  };
  /** A terminal that became narrower has broken the frame's lines into more rows than log-update knows of. */
  const redraw = (): void => {
    stream.write(`\r\u001B[${rowsOf(frame, width())}A\u001B[J`);
    update.done();
    draw();
  };
  stream.on('resize', redraw);
  const timer = setInterval(draw, frameMs);
  // The display alone must not keep the process alive.
  timer.unref();

  const end = (): void => {
    clearInterval(timer);
    stream.off('resize', redraw);
  };
  const persist = (line: string): void => {
    update.clear();
    stream.write(`${cliTruncate(line, width())}\n`);
    draw();
  };

  return {
    event(event) {
      offset = event.time - performance.now();
      applyEvent(view, event);
      const nameWidth = Math.max(0, ...[...view.images.keys()].map((name) => name.length));
      if (event.kind === 'plan-made') {
        const busy = event.images.filter(({ action }) => action !== 'reuse').length;
        persist(
          `${style.bold('hubwright')}  ${count(event.images.length, 'image')}, ${busy} with something to do`,
        );
      }
      if (event.kind === 'image-finished') {
        const image = view.images.get(event.image);
        if (event.outcome.kind !== 'reused' && image !== undefined)
          persist(imageLine(image, nameWidth, style));
      }
      if (event.kind === 'run-finished') {
        end();
        update.clear();
        update.done();
        stream.write(`\n${renderSummary(view, { colour: options.colour, width: width() })}`);
      }
    },
    close() {
      end();
      update.done();
    },
  };
}
