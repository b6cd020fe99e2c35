/*
 * interrupt.h
 *		How long searches let their caller break them off.
 */
#ifndef CSH_INTERRUPT_H
#define CSH_INTERRUPT_H

/* Called every now and then by what may take long; may leave by longjmp, so nobody holds memory of malloc() then */
extern void (*csh_interrupt)(void);

#endif
