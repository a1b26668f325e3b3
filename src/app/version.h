/* The version of the program, from meson.build. */
#pragma once

#ifndef VITRINA_VERSION
#error "the build names the version"
#endif
