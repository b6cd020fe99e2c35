/*
 * cs_health.h
 *		What the PostgreSQL side of every module shares.
 */
#ifndef CS_HEALTH_H
#define CS_HEALTH_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"

#include "error.h"

extern void csh_report(int sqlstate, const CshError *error) pg_attribute_noreturn();
extern void csh_check_array(ArrayType *array, Oid type, const char *name, int max_length);
extern void csh_check_finite(double value, const char *name);
extern ArrayType *csh_measure_array(const double *values, const bool *observed, int n);
extern ArrayType *csh_vector_array(const double *values, const bool *observed, int n);
extern int csh_read_measures(ArrayType *array, const char *name, double *values, bool *observed);
extern void csh_check_range(double value, double low, double high, const char *name);
extern void csh_define_clock(void);
extern void csh_define_delivery_settings(void);
extern void csh_register_workers(void);

#endif
