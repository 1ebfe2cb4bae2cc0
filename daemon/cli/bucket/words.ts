import {
  examples,
  withBucket,
  withCache,
  withSettings,
  withSharedCache,
  withYes,
  type DescribeGroup,
} from "../options.ts";

/** Flags that `bucket ls` has. */
export interface ListFlags {
  readonly recursive?: boolean;
}

/** Flags that `bucket get` has. */
export interface GetFlags {
  readonly recursive?: boolean;
}

/** Flags that `bucket put` has. */
export interface PutFlags {
  readonly recursive?: boolean;
  readonly ifAbsent?: boolean;
  readonly sharedCache?: boolean;
}

/** Flags that `bucket rm` has. */
export interface RemoveFlags {
  readonly recursive?: boolean;
  readonly sharedCache?: boolean;
}

/** `bucket …` */
export const describeBucket: DescribeGroup = (program, runs) => {
  const bucket = program
    .command("bucket")
    .description("Lists, reads, stores and removes the objects that tasks work on.");

  withBucket(withSettings(bucket.command("ls")))
    .description("Lists objects and folders, one level; with --recursive every object.")
    .argument("[PREFIX]", "a folder, or what keys begin with (default: the whole bucket)")
    .option("--recursive", "list every object below, however deep")
    .action(runs(async () => (await import("./list.ts")).bucketList))
    .addHelpText(
      "after",
      examples(
        ["simpletasks bucket ls datasets/cells", "what lies in that folder"],
        ["simpletasks bucket ls --recursive --json > objects.jsonl", "every object, one a line"],
      ),
    );

  withBucket(withYes(withSettings(bucket.command("get"))))
    .description("Copies an object into a file, or all that lies in a folder. A file is whole or not there.")
    .argument("KEY", "the object; with --recursive the folder, or / for the whole bucket")
    .argument(
      "[FILE]",
      "the file, or a folder to put it in; - writes to standard output (default: the key's last part, here)",
    )
    .option("--recursive", "copy every object under KEY/ into the folder FILE, under the rest of its key")
    .action(runs(async () => (await import("./get.ts")).bucketGet))
    .addHelpText(
      "after",
      examples(
        ["simpletasks bucket get datasets/cells/0_output/4.dat", "makes 4.dat here"],
        ["simpletasks bucket get datasets/cells/sizes.json - | jq .", "for another program"],
        [
          "simpletasks bucket get --recursive datasets/cells/0_output out",
          "makes out/4.dat, out/left/5.dat, …",
        ],
      ) +
        "\nA file that is there already is replaced only after a question, or with --yes. A terminal gets the object as text, with\nwhat could harm it escaped.",
    );

  withSharedCache(withCache(withBucket(withYes(withSettings(bucket.command("put"))))))
    .description(
      "Stores a file as an object, or all files of a folder. They are durable when the command ends.",
    )
    .argument("FILE", "what to store; - reads standard input")
    .argument("KEY", "the object; with --recursive the folder, or / for the bucket's top")
    .option("--recursive", "store every file below the folder FILE, under KEY/ and its path there")
    .option("--if-absent", "fail when there is such an object already")
    .action(runs(async () => (await import("./put.ts")).bucketPut))
    .addHelpText(
      "after",
      examples(
        ["simpletasks bucket put 4.dat datasets/cells/0_input/4.dat", ""],
        ["simpletasks bucket put --recursive cells datasets/cells/0_input", "every file below cells/"],
        ["make-list | simpletasks bucket put - datasets/cells/list.txt --yes", "from another program"],
      ) +
        "\nAn object that is there already is replaced only after a question, or with --yes. This machine's cache forgets the old one,\nso that tasks here that have fetched it ahead fetch the new one; daemons elsewhere compare ETags when they fetch.",
    );

  withSharedCache(withCache(withBucket(withYes(withSettings(bucket.command("rm"))))))
    .description("Removes an object, or with --recursive all that lies in a folder.")
    .argument("KEY", "the object; with --recursive the folder, or / for the whole bucket")
    .option("--recursive", "remove every object under KEY/, after telling how many there are")
    .action(runs(async () => (await import("./remove.ts")).bucketRemove))
    .addHelpText(
      "after",
      examples(
        ["simpletasks bucket rm datasets/cells/0_input/4.dat", "asks first"],
        ["simpletasks bucket rm --recursive datasets/cells/0_output --yes", "without asking"],
      ) + "\nThis machine's cache forgets what is removed. What SimpleTasks keeps under _simpletasks/ stays.",
    );
};
