/*
 * The limits, by name and in one place. What a person may change is a setting (app/config.c) whose default stands here.
 */
#pragma once

#include "base/util.h"

/* HTTP */
#define LIMIT_CONNECTIONS 4096
#define LIMIT_CONNECTIONS_PER_ADDRESS 512
#define LIMIT_HEADER_BYTES (32 * KIB)
#define LIMIT_HEADER_COUNT 100
#define LIMIT_URL_BYTES (8 * KIB)
#define LIMIT_HEADER_SECONDS 15 /* for the whole header, however it trickles */
#define LIMIT_IDLE_SECONDS 75
#define LIMIT_BODY_RATE_FLOOR (1 * KIB) /* bytes a second, averaged over LIMIT_BODY_RATE_SECONDS */
#define LIMIT_BODY_RATE_SECONDS 20
#define LIMIT_BODY_BYTES (1 * MIB) /* for a route that does not say otherwise */
#define LIMIT_UPLOAD_BYTES (16 * GIB)
#define LIMIT_QUEUE 1024 /* requests waiting for a worker; more get 503 */
#define LIMIT_PIPELINE 32
#define LIMIT_RESPONSE_BYTES (64 * MIB) /* one buffered answer; streams have no limit */
#define LIMIT_PLAIN_BYTES (1 * KIB)     /* a JSON answer from here on is compressed */
#define LIMIT_WS_MESSAGE_BYTES (64 * KIB)
#define LIMIT_MULTIPART_PARTS 64
#define LIMIT_MULTIPART_HEADER_BYTES (8 * KIB)
#define LIMIT_STOP_SECONDS 20          /* graceful stop */
#define LIMIT_LINGER_SECONDS 3         /* reading on after an early answer, so that the client gets to see it */
#define LIMIT_BODIES_BYTES (256 * MIB) /* whole bodies of all requests together; more get 503 */
#define LIMIT_STREAM_BYTES (256 * KIB) /* of one streamed body or answer waiting in memory */
#define LIMIT_STREAM_THREADS 64        /* uploads, downloads and event streams at a time */
#define LIMIT_STREAM_QUEUE 64
#define LIMIT_SSE_SECONDS 15 /* between comments on a silent event stream */
#define LIMIT_WS_QUEUE_BYTES (1 * MIB)
#define LIMIT_WS_PING_SECONDS 30
#define LIMIT_PATH_SEGMENTS 16
#define LIMIT_QUERY_PARAMS 100

/* JSON */
#define LIMIT_JSON_DEPTH 64
#define LIMIT_JSON_LISTS 5 /* lists of objects within each other that become tables; a deeper one is a text */
#define LIMIT_JSON_NAME_BYTES (64 * KIB) /* of a member and those around it */
#define LIMIT_JSON_KEYS_BYTES \
	(256 * MIB)                      /* to see whether a number names one record only; with more they are counted */
#define LIMIT_JSON_WAIT_BYTES (16 * MIB) /* of a record before its number, which the rows of its lists wait for */
#define LIMIT_JSON_BYTES (8 * MIB)

/* Lists */
#define LIMIT_PAGE 1000
#define DEFAULT_PAGE 50

/* Import */
#define LIMIT_COLUMNS 2000
#define LIMIT_FILE_COLUMNS 10000 /* of all tables of a file */
#define LIMIT_CELL_BYTES (1 * MIB)
#define LIMIT_ROW_BYTES (16 * MIB)
#define LIMIT_MENDED_QUOTES 1000 /* records of a text file with a quotation mark too many */
#define LIMIT_TABLES 200
#define LIMIT_RELATIONS 500      /* between the tables of a data set */
#define LIMIT_REJECTS_KEPT 10000 /* a table; more are counted */
#define LIMIT_IMPORT_FILES 64
#define LIMIT_REJECT_TEXT_BYTES 500
#define LIMIT_TEMPLATE_BYTES (16 * MIB)  /* a larger workbook is not asked whether it is a filled-in template */
#define LIMIT_REJECT_ROW_BYTES (4 * KIB) /* kept of a row that was left out */
#define LIMIT_REJECTS_BYTES (64 * MIB)   /* held in memory by one import */
#define LIMIT_DATASET_NAME_BYTES 200
#define LIMIT_COLUMN_NAME_BYTES 200
#define LIMIT_GROUP_COLUMNS 3 /* of headings of groups of rows */
#define LIMIT_VERSIONS_KEPT 5
#define LIMIT_UNCONFIRMED_DAYS 7              /* a version that nobody confirms is thrown away then */
#define LIMIT_SEEKABLE_UPLOAD_BYTES (2 * GIB) /* a workbook or SQLite file, held in memory while it is read */
#define LIMIT_INFLATED_BYTES (32 * GIB)
#define LIMIT_INFLATE_RATIO 200 /* once more than LIMIT_INFLATE_FREE came out */
#define LIMIT_INFLATE_FREE (64 * MIB)
#define LIMIT_ZIP_ENTRIES 10000
#define LIMIT_ARCHIVE_FILES 200 /* of a zip of several files */
#define LIMIT_XML_DEPTH 64
#define LIMIT_HTML_DEPTH 400
#define LIMIT_HTML_ATTRIBUTES 1000 /* of one element whose tag is longer than LIMIT_HTML_TAG_BYTES */
#define LIMIT_HTML_TAG_BYTES (2 * KIB)
#define LIMIT_SHEET_ROWS 1048576
#define LIMIT_MERGED_RANGES 100000          /* of one sheet, that are filled downwards */
#define LIMIT_MERGED_BYTES (128 * MIB)      /* that one sheet gets so */
#define LIMIT_MERGED_SHEET_BYTES (32 * MIB) /* of an .xlsx sheet that is read before for its merged cells */
#define LIMIT_REPEATED_BYTES (1 * GIB)      /* of one sheet: cells and rows that stand there by number */
#define LIMIT_SHARED_STRINGS_BYTES (2 * GIB)
#define LIMIT_SHARED_STRINGS (64 * MIB)    /* how many texts a workbook shares among its cells */
#define LIMIT_WHOLE_BYTES (512 * MIB)      /* of a compressed workbook or database, unpacked in memory */
#define LIMIT_IMPORT_HEAD_BYTES (64 * MIB) /* kept in memory to settle types before anything is written */
#define LIMIT_SQLITE_SECONDS 600           /* of one statement over a foreign database */
#define LIMIT_VIEW_SECONDS 30              /* to see whether the views of a foreign database end; of all together */
#define LIMIT_VIEW_ROWS 20000000
#define LIMIT_VIEW_BYTES (2 * GIB)
#define LIMIT_VIEW_MEMORY (1 * GIB)
#define LIMIT_PARQUET_FOOTER_BYTES (64 * MIB) /* what a file says of itself */
#define LIMIT_PARQUET_DEPTH 64                /* of columns within columns */
#define LIMIT_PARQUET_ROW_GROUPS 100000
#define LIMIT_PARQUET_ROWS UINT64_C(4000000000)
#define LIMIT_PARQUET_TEXT_RATIO \
	2000 /* of the values as text to the file, once more than LIMIT_INFLATE_FREE came out */
#define LIMIT_IMPORT_CPU_SECONDS 7200 /* of all processors together, for one file */
#define LIMIT_DUMP_SHAPES 4096        /* different lists of columns in the INSERTs of a dump */
#define LIMIT_DUMP_SEGMENTS 65536     /* stretches of rows of one table; with more, other tables' are read past */

/* Engine */
#define LIMIT_ENGINE_MEMORY (1 * GIB)
#define LIMIT_ENGINE_ADDRESS_SPACE (8 * GIB)
#define LIMIT_QUERY_SECONDS 60
#define LIMIT_QUERY_RESULT_BYTES (64 * MIB)
#define LIMIT_QUERY_ROWS 100000
#define LIMIT_QUERY_SQL_BYTES (64 * KIB) /* of a person's statement */
#define LIMIT_ENGINE_SQL_BYTES (1 * MIB) /* of one of our own, which names every column */
#define LIMIT_FRAME_BYTES (4 * MIB)
#define LIMIT_ENGINE_IDLE_SECONDS 300
#define LIMIT_ENGINE_START_SECONDS 20
#define LIMIT_ENGINE_ATTACH_SECONDS 60
#define LIMIT_ENGINE_GRACE_SECONDS 3    /* past the time of a query, until the process goes */
#define LIMIT_IMPORT_SILENT_SECONDS 600 /* an import worker that says nothing for so long is stuck */
#define LIMIT_ENGINES 32                /* running at the same time */
#define LIMIT_ENGINE_DESCRIPTORS 8192
#define LIMIT_ENGINE_QUERIES 64 /* at the same time in one engine */
#define LIMIT_RELATION_SEGMENTS 4096
#define LIMIT_RELATION_SQL_BYTES (8 * MIB)   /* of one statement, which names all columns of a table */
#define LIMIT_ENGINE_SEGMENT_BYTES (2 * GIB) /* open in one engine, beyond what one statement needs */

/* The command line and jobs */
#define LIMIT_COMMANDS 32               /* commands that a server runs for clients at the same time */
#define LIMIT_COMMAND_BYTES (256 * KIB) /* of one command line */
#define LIMIT_COMMAND_FILES 200
#define LIMIT_COMMAND_INPUT (16 * MIB)   /* standard input of a command that takes it */
#define LIMIT_PIPED_FILE_BYTES (2 * GIB) /* a file argument that is a pipe is held in memory */
#define DEFAULT_JOB_THREADS 2
#define LIMIT_JOBS_WAITING 256 /* of all organisations; more are refused with 503 */
#define LIMIT_JOBS_KEPT 1000   /* finished ones of an organisation; the oldest go */
#define LIMIT_JOB_RESULT_BYTES (1 * MIB)
#define LIMIT_BACKUPS_KEPT 10               /* in the data folder; older ones must be deleted by a person */
#define LIMIT_BACKUP_SPARE_BYTES (64 * MIB) /* of the disk, left free by a backup */

/* People */
#define DEFAULT_SESSION_HOURS 12
#define DEFAULT_SESSION_REMEMBER_DAYS 30
#define DEFAULT_INVITATION_DAYS 7

/* The shop */
#define LIMIT_VOUCHERS_AT_ONCE 10000    /* in one request */
#define LIMIT_VOUCHER_RETRY_SECONDS 120 /* for which a scan goes on asking a MongoDB that does not answer */
#define LIMIT_VOUCHER_SCAN_BYTES (GIB)  /* of one scan's list while it is written */
#define DEFAULT_MONGODB_SELECT_MS 3000
#define DEFAULT_MONGODB_SOCKET_MS 10000

/* Kept in memory by one server */
#define LIMIT_CARD_PURCHASES 100000000       /* of a version: 36 bytes each while cards are made */
#define LIMIT_NAMES_BYTES (512 * MIB)        /* indexes of the search by name */
#define LIMIT_RECOMMENDERS_BYTES (256 * MIB) /* trained next-product models */
#define LIMIT_SPENDING_BYTES (512 * MIB)     /* what each customer spent, in all and by year */

/* Outbound */
#define DEFAULT_OUTBOUND_SECONDS 30
