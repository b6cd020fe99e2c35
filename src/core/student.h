/*
 * student.h
 *		Student's t distribution for a whole number of degrees of freedom.
 */
#ifndef CSH_STUDENT_H
#define CSH_STUDENT_H

extern double csh_student_coverage(double angle, int df);
extern double csh_student_bound(double coverage, int df);

#endif
