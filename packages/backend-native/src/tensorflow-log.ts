interface LogLine {
  /** I, W, E or F. */
  readonly severity: string;
  readonly text: string;
}

const SEVERITIES = 'FEWI';
/** As `2024-03-08 10:00:00.1: I a/b.cc:12] …`; as `E0000 00:00:1.2 345 b.cc:12] …` from TensorFlow 2.17 on. */
const LINE = /^(?:\d{4}-\d\d-\d\d [\d:.]+: ([IWEF]) |([IWEF])\d{4} [\d:.]+\s+\d+ )\S+:\d+\] (.*)$/;

function linesOf(log: string): LogLine[] {
  return log.split('\n').flatMap((line) => {
    const [, dated, short, text] = LINE.exec(line) ?? [];
    return text === undefined ? [] : [{ severity: (dated ?? short)!, text: text.trim() }];
  });
}

/** The last words of a library that ended its process. */
export function fatalLine(log: string): string | undefined {
  return linesOf(log).findLast(({ severity }) => severity === 'F')?.text;
}

/** The graphics card that TensorFlow's log names, as `Tesla T4, 13764 MB to use, compute capability 7.5`. */
export function deviceIn(log: string): string | undefined {
  for (const { text } of linesOf(log)) {
    const found = /GPU:\d+ with (\d+) MB memory:.*\bname: (.*?), pci bus id.*compute capability: ([\d.]+)/.exec(text);
    if (found) return `${found[2]}, ${found[1]} MB to use, compute capability ${found[3]}`;
  }
  return undefined;
}

/** What every TensorFlow with CUDA writes. */
const HARMLESS = /^Successfully opened|^Unable to register|TensorRT|computation placer|NUMA node/;

/** Why TensorFlow finds no graphics card, in the words of its log: the gravest line about it, of those the first. */
export function whyNoDevice(log: string): string | undefined {
  const about = linesOf(log).filter(({ text }) => /cuda|gpu|libcu|driver/i.test(text) && !HARMLESS.test(text));
  for (const wanted of SEVERITIES) {
    const found = about.find(({ severity }) => severity === wanted);
    if (found) return found.text;
  }
  return undefined;
}
