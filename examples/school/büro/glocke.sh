#!/bin/sh
printf "\a"
