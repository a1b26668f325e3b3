/*
 * libmongoc and libbson, loaded when the address of a MongoDB server is opened and not with the program: they do work
 * before main, and make shared memory that stays behind when a process is killed. So a command, and a server that keeps
 * its list in the store, never load them.
 *
 * After this header a function of theirs that stands in the list means the loaded one; one that does not stand in it is
 * an error of the linker.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

#include <mongoc/mongoc.h>

/* clang-format off */
#define MONGO_FUNCTIONS(X) \
	X(bcon_new) \
	X(bson_append_array_begin) \
	X(bson_append_array_end) \
	X(bson_append_date_time) \
	X(bson_append_document_begin) \
	X(bson_append_document_end) \
	X(bson_append_double) \
	X(bson_append_int64) \
	X(bson_append_utf8) \
	X(bson_bcon_magic) \
	X(bson_destroy) \
	X(bson_init) \
	X(bson_iter_as_double) \
	X(bson_iter_as_int64) \
	X(bson_iter_date_time) \
	X(bson_iter_init_find) \
	X(bson_iter_type) \
	X(bson_iter_utf8) \
	X(bson_new) \
	X(mongoc_bulk_operation_destroy) \
	X(mongoc_bulk_operation_execute) \
	X(mongoc_bulk_operation_update_one_with_opts) \
	X(mongoc_cleanup) \
	X(mongoc_client_command_simple) \
	X(mongoc_client_get_collection) \
	X(mongoc_client_pool_destroy) \
	X(mongoc_client_pool_new_with_error) \
	X(mongoc_client_pool_pop) \
	X(mongoc_client_pool_push) \
	X(mongoc_client_pool_set_appname) \
	X(mongoc_client_pool_set_error_api) \
	X(mongoc_client_write_command_with_opts) \
	X(mongoc_collection_count_documents) \
	X(mongoc_collection_create_bulk_operation_with_opts) \
	X(mongoc_collection_destroy) \
	X(mongoc_collection_find_with_opts) \
	X(mongoc_collection_set_write_concern) \
	X(mongoc_cursor_destroy) \
	X(mongoc_cursor_error) \
	X(mongoc_cursor_next) \
	X(mongoc_init) \
	X(mongoc_log_set_handler) \
	X(mongoc_uri_destroy) \
	X(mongoc_uri_get_database) \
	X(mongoc_uri_has_option) \
	X(mongoc_uri_new_with_error) \
	X(mongoc_uri_set_option_as_int32) \
	X(mongoc_write_concern_destroy) \
	X(mongoc_write_concern_new) \
	X(mongoc_write_concern_set_wmajority)
/* clang-format on */

struct mongo_driver {
#define MONGO_MEMBER(name) __typeof__(name) *name;
	MONGO_FUNCTIONS(MONGO_MEMBER)
#undef MONGO_MEMBER
};
extern struct mongo_driver mongo_driver; /* empty until it is loaded */

/* Loads it, once in a process; any thread. ERR_UNAVAILABLE (no_driver) when it is not installed. */
MUST_CHECK bool mongo_driver_load(struct err *e);

#define bcon_new mongo_driver.bcon_new
#define bson_append_array_begin mongo_driver.bson_append_array_begin
#define bson_append_array_end mongo_driver.bson_append_array_end
#define bson_append_date_time mongo_driver.bson_append_date_time
#define bson_append_document_begin mongo_driver.bson_append_document_begin
#define bson_append_document_end mongo_driver.bson_append_document_end
#define bson_append_double mongo_driver.bson_append_double
#define bson_append_int64 mongo_driver.bson_append_int64
#define bson_append_utf8 mongo_driver.bson_append_utf8
#define bson_bcon_magic mongo_driver.bson_bcon_magic
#define bson_destroy mongo_driver.bson_destroy
#define bson_init mongo_driver.bson_init
#define bson_iter_as_double mongo_driver.bson_iter_as_double
#define bson_iter_as_int64 mongo_driver.bson_iter_as_int64
#define bson_iter_date_time mongo_driver.bson_iter_date_time
#define bson_iter_init_find mongo_driver.bson_iter_init_find
#define bson_iter_type mongo_driver.bson_iter_type
#define bson_iter_utf8 mongo_driver.bson_iter_utf8
#define bson_new mongo_driver.bson_new
#define mongoc_bulk_operation_destroy mongo_driver.mongoc_bulk_operation_destroy
#define mongoc_bulk_operation_execute mongo_driver.mongoc_bulk_operation_execute
#define mongoc_bulk_operation_update_one_with_opts mongo_driver.mongoc_bulk_operation_update_one_with_opts
#define mongoc_cleanup mongo_driver.mongoc_cleanup
#define mongoc_client_command_simple mongo_driver.mongoc_client_command_simple
#define mongoc_client_get_collection mongo_driver.mongoc_client_get_collection
#define mongoc_client_pool_destroy mongo_driver.mongoc_client_pool_destroy
#define mongoc_client_pool_new_with_error mongo_driver.mongoc_client_pool_new_with_error
#define mongoc_client_pool_pop mongo_driver.mongoc_client_pool_pop
#define mongoc_client_pool_push mongo_driver.mongoc_client_pool_push
#define mongoc_client_pool_set_appname mongo_driver.mongoc_client_pool_set_appname
#define mongoc_client_pool_set_error_api mongo_driver.mongoc_client_pool_set_error_api
#define mongoc_client_write_command_with_opts mongo_driver.mongoc_client_write_command_with_opts
#define mongoc_collection_count_documents mongo_driver.mongoc_collection_count_documents
#define mongoc_collection_create_bulk_operation_with_opts mongo_driver.mongoc_collection_create_bulk_operation_with_opts
#define mongoc_collection_destroy mongo_driver.mongoc_collection_destroy
#define mongoc_collection_find_with_opts mongo_driver.mongoc_collection_find_with_opts
#define mongoc_collection_set_write_concern mongo_driver.mongoc_collection_set_write_concern
#define mongoc_cursor_destroy mongo_driver.mongoc_cursor_destroy
#define mongoc_cursor_error mongo_driver.mongoc_cursor_error
#define mongoc_cursor_next mongo_driver.mongoc_cursor_next
#define mongoc_init mongo_driver.mongoc_init
#define mongoc_log_set_handler mongo_driver.mongoc_log_set_handler
#define mongoc_uri_destroy mongo_driver.mongoc_uri_destroy
#define mongoc_uri_get_database mongo_driver.mongoc_uri_get_database
#define mongoc_uri_has_option mongo_driver.mongoc_uri_has_option
#define mongoc_uri_new_with_error mongo_driver.mongoc_uri_new_with_error
#define mongoc_uri_set_option_as_int32 mongo_driver.mongoc_uri_set_option_as_int32
#define mongoc_write_concern_destroy mongo_driver.mongoc_write_concern_destroy
#define mongoc_write_concern_new mongo_driver.mongoc_write_concern_new
#define mongoc_write_concern_set_wmajority mongo_driver.mongoc_write_concern_set_wmajority
