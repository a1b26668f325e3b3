/* What a build with AddressSanitizer does otherwise. */
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

/* Around one call of a library that is known to lose memory: so nothing else that it loses, nor we, is overlooked. */
#if WITH_ASAN
#include <sanitizer/lsan_interface.h>
#define LEAK_OF_LIBRARY_BEGIN() __lsan_disable()
#define LEAK_OF_LIBRARY_END() __lsan_enable()
#else
#define LEAK_OF_LIBRARY_BEGIN() ((void)0)
#define LEAK_OF_LIBRARY_END() ((void)0)
#endif
