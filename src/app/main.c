/* vitrina: everything is in app/run.c, so that it can be tested. */
#include "app/run.h"

int main(int argc, char **argv)
{
	return program_run(argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)(argv + 1));
}
