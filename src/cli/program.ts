// One run of the program: language, arguments, output, the command, and how it ended.

import type { Context } from '../base/context.ts';
import { failureKinds } from '../base/failure.ts';
import { translatorFor } from '../phrases/phrases.ts';
import type { Ambient } from './ambient.ts';
import { verbToAudit } from './audit-actions.ts';
import type { Ending, Invocation } from './command.ts';
import { exitOf, toFailure } from './exit.ts';
import { levelFrom } from './logs/level.ts';
import { createOutput } from './output.ts';
import { type Parsed, parseArguments } from './parser.ts';
import { startProgress } from './progress.ts';
import { abortOnSignals } from './signals.ts';
import { chooseLanguage, languageOption, type Texts, textsIn } from './texts/texts.ts';

/** The exit code. Whatever happens is told before it returns. */
export async function run(ambient: Ambient): Promise<number> {
  const argv = ambient.arguments;
  dropWritesOnBrokenPipes(ambient);
  const language = chooseLanguage(languageOption(argv), ambient.environment);
  const texts = await textsIn(language, await translatorFor(language));
  try {
    const parsed = await parseArguments(argv, texts);
    if ('text' in parsed) {
      ambient.output.write(parsed.text);
      return 0;
    }
    return await runCommand(parsed, ambient, texts);
  } catch (error) {
    const failure = toFailure(error, false);
    const isJson = argv.includes('--json');
    const choice = {
      isJson,
      isQuiet: false,
      isVerbose: argv.includes('--verbose'),
      isRaw: false,
      command: '',
    };
    createOutput(ambient, texts, choice).failure(failure);
    return failureKinds[failure.kind].exit;
  }
}

async function runCommand(parsed: Parsed, ambient: Ambient, texts: Texts): Promise<number> {
  const { command, options } = parsed;
  const output = createOutput(ambient, texts, {
    isJson: options.flag('json'),
    isQuiet: options.flag('quiet'),
    isVerbose: options.flag('verbose') || levelFrom(ambient.environment) === 'debug',
    isRaw: command.isRaw === true,
    command: parsed.title,
  });
  const signal = abortOnSignals(ambient, () => output.note(texts.say('signal.stopping')));
  const progress = startProgress(ambient, output, texts);
  const context: Context = { signal, clock: ambient.clock, log: output.log, monitor: progress.monitor };
  const invocation: Invocation = { arguments: parsed.arguments, options, ambient, output, texts, context };
  try {
    const act = async () => (await command.run?.(invocation)) ?? { result: {} };
    const verb = verbToAudit(parsed.title, options, ambient);
    const ending: Ending =
      verb === undefined
        ? await act()
        : await (await import('./audit-commands.ts')).runAudited(
            { title: parsed.title, verb },
            invocation,
            act,
          );
    progress.end();
    const exit = exitOf(ending);
    output.emit('result', {
      schema: 1,
      command: parsed.title,
      ok: exit === 0,
      exit,
      ...(ending.outcome === undefined ? {} : { outcome: ending.outcome }),
      result: ending.result,
    });
    return exit;
  } catch (error) {
    progress.end();
    const failure = toFailure(error, signal.aborted);
    output.failure(failure);
    return failureKinds[failure.kind].exit;
  }
}

/** `holdfast ls | head` ends the pipe early: that is no error, and a backup goes on without a reader. */
function dropWritesOnBrokenPipes({ output, errors }: Ambient): void {
  for (const stream of [output, errors]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody reads any more: a pipe that was closed, a terminal that is gone.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}
