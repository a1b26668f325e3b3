/*
 * embed_sql FOLDER OUT.c OUT.d: puts the migrations of FOLDER (NNNN_name.sql) into a C file. The dependency file names
 * them and the folder itself, so that a new migration is seen without a line in any list.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_migration(const struct dirent *d)
{
	const char *p = d->d_name;
	size_t n = strlen(p);
	if (n < 10 || strcmp(p + n - 4, ".sql") != 0 || p[4] != '_')
		return 0;
	for (int i = 0; i < 4; i++) {
		if (!isdigit((unsigned char)p[i]))
			return 0;
	}
	return 1;
}

/* One string literal a line, so that no compiler's limit on their length is met. */
static int write_sql(FILE *out, const char *path)
{
	FILE *in = fopen(path, "rb");
	int c, start = 1;
	if (!in)
		return -1;
	while ((c = fgetc(in)) != EOF) {
		if (start)
			fputs("\n\t\t\"", out);
		start = 0;
		if (c == '\n') {
			fputs("\\n\"", out);
			start = 1;
		} else if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", c);
		} else if (isprint(c) || c == '\t') {
			fputc(c, out);
		} else {
			fprintf(out, "\\%03o", (unsigned)c);
		}
	}
	fputs(start ? "" : "\"", out);
	return fclose(in);
}

int main(int argc, char **argv)
{
	struct dirent **list;
	if (argc != 4)
		return fprintf(stderr, "usage: embed_sql FOLDER OUT.c OUT.d\n"), 2;
	int n = scandir(argv[1], &list, is_migration, alphasort);
	FILE *out = fopen(argv[2], "w"), *deps = fopen(argv[3], "w");
	if (n <= 0 || !out || !deps)
		return fprintf(stderr, "embed_sql: %s has no migrations, or the output cannot be written\n", argv[1]),
		       1;
	fprintf(out, "#include \"db/migrate.h\"\n\nconst struct migration program_migrations[] = {\n");
	fprintf(deps, "%s: %s", argv[2], argv[1]);
	for (int i = 0; i < n; i++) {
		char path[4096];
		const char *name = list[i]->d_name;
		snprintf(path, sizeof path, "%s/%s", argv[1], name);
		fprintf(deps, " %s", path);
		fprintf(out, "\t{ %d, \"%.*s\",", atoi(name), (int)strlen(name) - 9, name + 5);
		if (i && atoi(name) == atoi(list[i - 1]->d_name))
			return fprintf(stderr, "embed_sql: two migrations have the number of %s\n", name), 1;
		if (write_sql(out, path) != 0)
			return perror(path), 1;
		fprintf(out, " },\n");
	}
	fprintf(out, "};\nconst size_t program_migrations_count = %d;\n", n);
	fprintf(deps, "\n");
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return fclose(out) || fclose(deps) ? 1 : 0;
}
